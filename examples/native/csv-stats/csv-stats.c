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

/* The text of one member of a flat JSON object; escapes other than \" and \\ are not needed for names. */
static int member(const char *json, const char *name, char *into) {
  char key[MAX_NAME];
  snprintf(key, sizeof key, "\"%s\"", name);
  const char *at = strstr(json, key);
  if (at == NULL || (at = strchr(at + strlen(key), ':')) == NULL || (at = strchr(at, '"')) == NULL) return 0;
  size_t length = 0;
  for (at++; *at != '\0' && *at != '"' && length < MAX_NAME - 1; at++) {
    if (*at == '\\' && at[1] != '\0') at++;
    into[length++] = *at;
  }
  into[length] = '\0';
  return *at == '"';
}

/* The next cell of a line, quotes taken off; the line is cut up. Null at its end. */
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
  if (fgets(line, sizeof line, csv) == NULL) return fail("empty", file);
  int wanted = -1, index = 0;
  char *rest = line;
  for (char *name; (name = cell(&rest)) != NULL; index++)
    if (strcmp(name, column) == 0) wanted = index;
  if (wanted < 0) return fail("no such column", column);

  double *values = NULL, sum = 0;
  size_t count = 0, room = 0, skipped = 0;
  while (fgets(line, sizeof line, csv) != NULL) {
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
  if (count == 0) return fail("no numbers in the column", column);

  qsort(values, count, sizeof *values, ascending);
  double mean = sum / (double)count, squares = 0;
  for (size_t i = 0; i < count; i++) squares += (values[i] - mean) * (values[i] - mean);
  double median = count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
  fprintf(stderr, "read %zu numbers of %s, skipped %zu lines\n", count, column, skipped);
  printf(
    "{\"count\":%zu,\"skipped\":%zu,\"sum\":%.2f,\"mean\":%.4f,\"median\":%.4f,\"min\":%.2f,\"max\":%.2f,\"deviation\":%.4f}\n",
    count, skipped, sum, mean, median, values[0], values[count - 1], sqrt(squares / (double)count));

  FILE *report = fopen("/out/report.txt", "w");
  if (report != NULL) {
    fprintf(report, "%s of %s\n%zu numbers, mean %.2f, from %.2f to %.2f\n", column, file, count, mean, values[0], values[count - 1]);
    fclose(report);
  }
  return 0;
}
