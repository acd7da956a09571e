/*
 * A WASI command. Reads a request such as {"file":"/data/orders.csv","column":"price"} from standard input, adds up
 * that column of the CSV file, and answers JSON on standard output. Where a directory /out can be written, it leaves a
 * report there as well.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME 256
#define MAX_LINE 65536

static int fail(const char *what, const char *which) {
  fprintf(stderr, "%s: %s\n", what, which);
  return 1;
}

/* Copies the JSON text that begins at a quote, cut to MAX_NAME. What follows its closing quote, or null. */
static const char *text(const char *at, char *into) {
  size_t length = 0;
  for (at++; *at != '\0' && *at != '"'; at++) {
    if (*at == '\\' && *++at == '\0') return NULL;
    if (length < MAX_NAME - 1) into[length++] = *at;
  }
  into[length] = '\0';
  return *at == '"' ? at + 1 : NULL;
}

/* The text of one member of a flat JSON object; escapes other than \" and \\ are not needed for names. */
static int member(const char *json, const char *name, char *into) {
  char key[MAX_NAME];
  const char *at = json;
  while (at != NULL && (at = strchr(at, '"')) != NULL) {
    if ((at = text(at, key)) == NULL) return 0;
    at += strspn(at, " \t\r\n");
    if (*at++ != ':') return 0;
    at += strspn(at, " \t\r\n");
    if (strcmp(key, name) == 0) return *at == '"' && text(at, into) != NULL;
    if (*at == '"') at = text(at, key);
  }
  return 0;
}

/* The next line, without the mark that some programs put before the first. 0 at the end, -1 when it is too long. */
static int next_line(FILE *file, char *line) {
  int first = ftell(file) == 0;
  if (fgets(line, MAX_LINE, file) == NULL) return 0;
  if (strchr(line, '\n') == NULL && !feof(file)) return -1;
  if (first && strncmp(line, "\xef\xbb\xbf", 3) == 0) memmove(line, line + 3, strlen(line + 3) + 1);
  return 1;
}

/* The next cell of a line, quotes taken off; the line is cut up. Null at its end. A cell with a line break is two lines here. */
static char *cell(char **line) {
  char *at = *line, *into, *start;
  if (at == NULL) return NULL;
  start = into = at;
  if (*at == '"') {
    for (at++; *at != '\0'; at++) {
      if (*at == '"' && *++at != '"') break;
      *into++ = *at;
    }
  } else {
    while (*at != '\0' && *at != ',' && *at != '\r' && *at != '\n') *into++ = *at++;
  }
  while (*at != '\0' && *at != ',') at++;
  *line = *at == ',' ? at + 1 : NULL;
  *into = '\0';
  return start;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(void) {
  static char request[4096], line[MAX_LINE];
  char file[MAX_NAME], column[MAX_NAME];
  request[fread(request, 1, sizeof request - 1, stdin)] = '\0';
  if (!member(request, "file", file) || !member(request, "column", column))
    return fail("expected {\"file\":…,\"column\":…}, got", request);

  FILE *csv = fopen(file, "r");
  if (csv == NULL) return fail("cannot read", file);
  int read = next_line(csv, line);
  if (read == 0) return fail("empty", file);
  int wanted = -1, index = 0;
  char *rest = line;
  for (char *name; (name = cell(&rest)) != NULL; index++)
    if (strcmp(name, column) == 0) wanted = index;
  if (wanted < 0) return fail("no such column", column);

  double *values = NULL, sum = 0;
  size_t count = 0, room = 0, skipped = 0;
  while (read > 0 && (read = next_line(csv, line)) > 0) {
    char *text = NULL, *end;
    rest = line;
    for (int i = 0; i <= wanted; i++) text = cell(&rest);
    double value = text == NULL ? NAN : strtod(text, &end);
    if (text == NULL || end == text || *end != '\0' || !isfinite(value)) {
      skipped++;
      continue;
    }
    if (count == room) {
      room = room == 0 ? 256 : room * 2;
      values = realloc(values, room * sizeof *values);
      if (values == NULL) return fail("out of memory", file);
    }
    values[count++] = value;
    sum += value;
  }
  fclose(csv);
  if (read < 0) return fail("a line is too long", file);
  if (count == 0) return fail("no numbers in the column", column);

  qsort(values, count, sizeof *values, ascending);
  double mean = sum / (double)count, squares = 0;
  for (size_t i = 0; i < count; i++) squares += (values[i] - mean) * (values[i] - mean);
  double median = count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
  double deviation = sqrt(squares / (double)count);
  if (!isfinite(sum) || !isfinite(deviation)) return fail("the numbers are too large to add up", column);
  fprintf(stderr, "read %zu numbers of %s, skipped %zu lines\n", count, column, skipped);
  printf(
    "{\"count\":%zu,\"skipped\":%zu,\"sum\":%.15g,\"mean\":%.15g,\"median\":%.15g,\"min\":%.15g,\"max\":%.15g,\"deviation\":%.15g}\n",
    count, skipped, sum, mean, median, values[0], values[count - 1], deviation);

  FILE *report = fopen("/out/report.txt", "w");
  if (report != NULL) {
    fprintf(report, "%s of %s\n%zu numbers, mean %.10g, from %.10g to %.10g\n", column, file, count, mean, values[0], values[count - 1]);
    fclose(report);
  }
  return 0;
}
