/** What may occur in a statement without being asked for. */

/**
 * Functions of both dialects or of one, which read nothing but their arguments, write nothing, and whose results are not
 * larger than what they were given. Names of functions that do not exist in a database are refused by it.
 */
export const SAFE_FUNCTIONS: readonly string[] = Object.freeze([
  ...['count', 'sum', 'avg', 'min', 'max', 'total', 'every', 'bool_and', 'bool_or'],
  ...['stddev', 'stddev_pop', 'stddev_samp', 'variance', 'var_pop', 'var_samp', 'corr', 'mode'],
  ...['percentile_cont', 'percentile_disc', 'array_agg', 'string_agg', 'group_concat'],
  ...[
    'json_agg',
    'jsonb_agg',
    'json_object_agg',
    'jsonb_object_agg',
    'json_group_array',
    'json_group_object',
  ],
  ...['row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist', 'ntile'],
  ...['lag', 'lead', 'first_value', 'last_value', 'nth_value'],
  ...['lower', 'upper', 'initcap', 'length', 'char_length', 'character_length', 'octet_length'],
  ...[
    'trim',
    'btrim',
    'ltrim',
    'rtrim',
    'substr',
    'substring',
    'left',
    'right',
    'position',
    'strpos',
    'instr',
  ],
  ...['reverse', 'starts_with', 'split_part', 'concat', 'concat_ws', 'md5', 'ascii'],
  ...['abs', 'ceil', 'ceiling', 'floor', 'round', 'trunc', 'sign', 'mod', 'sqrt', 'ln', 'log'],
  ...['ifnull', 'iif', 'typeof'],
  ...['now', 'date_trunc', 'date_part', 'age', 'make_date', 'to_char', 'to_date', 'to_timestamp'],
  ...['date', 'time', 'datetime', 'julianday', 'strftime', 'unixepoch'],
  ...[
    'json_build_object',
    'jsonb_build_object',
    'json_build_array',
    'jsonb_build_array',
    'to_json',
    'to_jsonb',
  ],
  ...['json_extract', 'json_array_length', 'jsonb_array_length', 'json_type', 'json_typeof', 'jsonb_typeof'],
  ...['json_object', 'json_array', 'array_length', 'cardinality'],
]);

/** Without regular expressions, whose matching can take any time. */
export const OPERATORS: ReadonlySet<string> = new Set([
  ...['=', '<>', '<', '>', '<=', '>=', '+', '-', '*', '/', '%', '||'],
  ...['->', '->>', '#>', '#>>', '@>', '<@', '&&', '&', '|'],
]);

/** Targets of a cast, by what the parser calls them → how they are written. */
export const TYPES: Readonly<Record<'postgresql' | 'sqlite', ReadonlyMap<string, string>>> = Object.freeze({
  postgresql: new Map([
    ...['text', 'uuid', 'json', 'jsonb', 'date', 'bytea', 'timestamptz', 'interval'].map(
      name => [name, name] as const,
    ),
    ...['time', 'timetz', 'timestamp', 'varchar', 'bpchar', 'numeric'].map(name => [name, name] as const),
    ...['int2', 'int4', 'int8', 'float4', 'float8', 'bool'].map(name => [name, name] as const),
  ]),
  sqlite: new Map([
    ['text', 'TEXT'],
    ['varchar', 'TEXT'],
    ['int2', 'INTEGER'],
    ['int4', 'INTEGER'],
    ['int8', 'INTEGER'],
    ['float4', 'REAL'],
    ['float8', 'REAL'],
    ['numeric', 'NUMERIC'],
    ['blob', 'BLOB'],
    ['bytea', 'BLOB'],
  ]),
});

/** Fields of EXTRACT. */
export const DATE_FIELDS: ReadonlySet<string> = new Set([
  ...['century', 'day', 'decade', 'dow', 'doy', 'epoch', 'hour', 'isodow', 'isoyear', 'microseconds'],
  ...['millennium', 'milliseconds', 'minute', 'month', 'quarter', 'second', 'week', 'year'],
]);
