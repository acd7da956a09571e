/** Expressions: checked and written anew, one kind of node after the other. What is not here is refused. */
import { DATE_FIELDS, OPERATORS, TYPES } from './lists.ts';
import { as, list, names, only, open, Refused, show, unsupported, word } from './node.ts';
import type { Tree } from './parser.ts';
import { identifier, type Scope } from './scope.ts';

/** Writes a query; src/gateway/sql/query.ts, which imports this file. */
export type WriteQuery = (node: unknown, scope: Scope) => string;

export class Expressions {
  readonly #scope: Scope;
  readonly #query: WriteQuery;

  constructor(scope: Scope, query: WriteQuery) {
    this.#scope = scope;
    this.#query = query;
  }

  write(node: unknown): string {
    return this.#scope.deeper(() => this.#write(...open(node)));
  }

  /** Several, with commas between. */
  all(nodes: unknown): string {
    return list(nodes)
      .map(node => this.write(node))
      .join(', ');
  }

  /** Where a whole number may be written out: a count, or the number of a column. */
  orNumber(node: unknown): string {
    const [kind, fields] = open(node);
    if (kind !== 'A_Const') return this.write(node);
    const { ival } = fields;
    if (typeof ival !== 'object' || ival === null) return this.write(node);
    return String(Number((ival as { ival?: unknown }).ival ?? 0));
  }

  #write(kind: string, fields: Tree): string {
    switch (kind) {
      case 'ColumnRef':
        return this.#column(only(fields, kind, ['fields']));
      case 'ParamRef':
        return this.#scope.parameter(Number(only(fields, kind, ['number'])['number'] ?? 0));
      case 'A_Const':
        return this.#constant(fields);
      case 'A_Expr':
        return this.#operation(only(fields, kind, ['kind', 'name', 'lexpr', 'rexpr']));
      case 'BoolExpr':
        return this.#boolean(only(fields, kind, ['boolop', 'args']));
      case 'NullTest': {
        const { arg, nulltesttype } = only(fields, kind, ['arg', 'nulltesttype']);
        return `(${this.write(arg)} ${nulltesttype === 'IS_NOT_NULL' ? 'IS NOT NULL' : 'IS NULL'})`;
      }
      case 'BooleanTest':
        return this.#booleanTest(only(fields, kind, ['arg', 'booltesttype']));
      case 'FuncCall':
        return this.#call(fields);
      case 'TypeCast':
        return this.#cast(only(fields, kind, ['arg', 'typeName']));
      case 'CaseExpr':
        return this.#case(only(fields, kind, ['arg', 'args', 'defresult']));
      case 'CoalesceExpr':
        return `coalesce(${this.all(only(fields, kind, ['args'])['args'])})`;
      case 'MinMaxExpr':
        return this.#extreme(only(fields, kind, ['op', 'args']));
      case 'RowExpr':
        return `(${this.all(only(fields, kind, ['args', 'row_format'])['args'])})`;
      case 'A_ArrayExpr':
        this.#postgresOnly('ARRAY');
        return `ARRAY[${this.all(only(fields, kind, ['elements'])['elements'])}]`;
      case 'SubLink':
        return this.#subquery(only(fields, kind, ['subLinkType', 'testexpr', 'operName', 'subselect']));
      case 'SQLValueFunction':
        return this.#now(only(fields, kind, ['op', 'typmod']));
      default:
        throw unsupported(kind);
    }
  }

  #postgresOnly(what: string): void {
    if (this.#scope.rules.dialect !== 'postgresql') throw unsupported(`${what} for SQLite`);
  }

  #column({ fields }: Tree): string {
    const parts = list(fields).map(field => {
      const [kind, of] = open(field);
      if (kind === 'A_Star') return '*';
      return identifier(word(as({ [kind]: of }, 'String', ['sval'])['sval']));
    });
    return parts.join('.');
  }

  #constant(fields: Tree): string {
    const { isnull } = only(fields, 'A_Const', ['isnull', 'ival', 'fval', 'sval', 'boolval']);
    if (isnull === true) return 'NULL';
    if (!this.#scope.rules.literals) {
      throw new Refused(
        'literal',
        'a constant is written into the statement',
        'write $1, $2, … and pass the values as parameters',
      );
    }
    const [[kind, of] = ['', {}]] = Object.entries(fields).filter(([key]) => key !== 'location');
    const value = typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[kind] : undefined;
    if (kind === 'ival') return String(Number(value ?? 0));
    if (kind === 'boolval') return value === true ? 'TRUE' : 'FALSE';
    if (kind === 'fval' && /^\d*\.?\d*(?:e[+-]?\d+)?$/i.test(word(value))) return word(value);
    // Nothing but quotes is special between quotes, in SQLite and in PostgreSQL as it comes; a server that is set to
    // read backslashes (standard_conforming_strings = off) would see more.
    if (kind === 'sval' && !word(value).includes('\\')) return `'${word(value).replaceAll("'", "''")}'`;
    throw new Refused('literal', 'a constant of this form is not let through', 'pass it as a parameter');
  }

  #operator(name: unknown): string {
    const [operator, extra] = names(name);
    if (operator === undefined || extra !== undefined || !OPERATORS.has(operator)) {
      throw new Refused(
        'operator',
        `the operator ${show(names(name).join('.'))} is not among those let through`,
        'compare with = <> < > <= >= LIKE BETWEEN IN instead',
      );
    }
    return operator;
  }

  #operation({ kind, name, lexpr, rexpr }: Tree): string {
    const left = lexpr === undefined ? '' : this.#operand(lexpr);
    switch (kind) {
      case 'AEXPR_OP': {
        const operator = this.#operator(name);
        return left === ''
          ? `(${operator} ${this.#operand(rexpr)})`
          : `(${left} ${operator} ${this.#operand(rexpr)})`;
      }
      case 'AEXPR_IN': {
        const items = list(as(rexpr, 'List', ['items'])['items']);
        return `(${left} ${names(name)[0] === '<>' ? 'NOT IN' : 'IN'} (${this.all(items)}))`;
      }
      case 'AEXPR_BETWEEN':
      case 'AEXPR_NOT_BETWEEN': {
        const [from, to] = list(as(rexpr, 'List', ['items'])['items']);
        const not = kind === 'AEXPR_NOT_BETWEEN' ? 'NOT ' : '';
        return `(${left} ${not}BETWEEN ${this.#operand(from)} AND ${this.#operand(to)})`;
      }
      case 'AEXPR_LIKE':
        return `(${left} ${names(name)[0] === '!~~' ? 'NOT LIKE' : 'LIKE'} ${this.#operand(rexpr)})`;
      case 'AEXPR_ILIKE':
        this.#postgresOnly('ILIKE');
        return `(${left} ${names(name)[0] === '!~~*' ? 'NOT ILIKE' : 'ILIKE'} ${this.#operand(rexpr)})`;
      case 'AEXPR_DISTINCT':
        return `(${left} IS DISTINCT FROM ${this.#operand(rexpr)})`;
      case 'AEXPR_NOT_DISTINCT':
        return `(${left} IS NOT DISTINCT FROM ${this.#operand(rexpr)})`;
      case 'AEXPR_NULLIF':
        return `nullif(${left}, ${this.#operand(rexpr)})`;
      case 'AEXPR_OP_ANY':
      case 'AEXPR_OP_ALL':
        this.#postgresOnly('ANY of an array');
        return `(${left} ${this.#operator(name)} ${kind === 'AEXPR_OP_ANY' ? 'ANY' : 'ALL'} (${this.write(rexpr)}))`;
      default:
        throw unsupported(word(kind));
    }
  }

  #operand(node: unknown): string {
    return this.write(node);
  }

  #boolean({ boolop, args }: Tree): string {
    const parts = list(args).map(arg => this.write(arg));
    if (boolop === 'NOT_EXPR') return `(NOT ${parts[0]})`;
    if (boolop !== 'AND_EXPR' && boolop !== 'OR_EXPR') throw unsupported(word(boolop));
    return `(${parts.join(boolop === 'AND_EXPR' ? ' AND ' : ' OR ')})`;
  }

  #booleanTest({ arg, booltesttype }: Tree): string {
    const test = {
      IS_TRUE: 'IS TRUE',
      IS_NOT_TRUE: 'IS NOT TRUE',
      IS_FALSE: 'IS FALSE',
      IS_NOT_FALSE: 'IS NOT FALSE',
    };
    const written = Object.hasOwn(test, word(booltesttype))
      ? test[booltesttype as keyof typeof test]
      : undefined;
    if (written === undefined) throw unsupported(word(booltesttype));
    return `(${this.write(arg)} ${written})`;
  }

  #call(fields: Tree): string {
    const call = only(fields, 'FuncCall', [
      ...[
        'funcname',
        'args',
        'agg_star',
        'agg_distinct',
        'agg_filter',
        'agg_order',
        'agg_within_group',
        'over',
        'funcformat',
      ],
    ]);
    const parts = names(call['funcname']);
    // What the grammar itself makes of EXTRACT(…), TRIM(…) and the like is qualified; nobody else may be.
    const isSyntax = call['funcformat'] === 'COERCE_SQL_SYNTAX' && parts[0] === 'pg_catalog';
    const [name = '', extra] = isSyntax ? parts.slice(1) : parts;
    if (extra !== undefined || !this.#scope.rules.functions.has(name.toLowerCase())) {
      if (isSyntax && name === 'extract') return this.#extract(call['args']);
      const shown = parts.join('.');
      throw new Refused(
        'function',
        `the function ${show(shown)} is not listed`,
        extra === undefined
          ? `add ${show(name)} to functions if it should be called`
          : 'name it without a schema',
      );
    }
    const written = isSyntax ? this.#syntaxName(name) : name;
    const order = list(call['agg_order']).length > 0 ? ` ORDER BY ${this.order(call['agg_order'])}` : '';
    const within = call['agg_within_group'] === true;
    const args = call['agg_star'] === true ? '*' : this.all(call['args']);
    const inner = `${call['agg_distinct'] === true ? 'DISTINCT ' : ''}${args}${within ? '' : order}`;
    const filter =
      call['agg_filter'] === undefined ? '' : ` FILTER (WHERE ${this.write(call['agg_filter'])})`;
    const over = call['over'] === undefined ? '' : ` OVER (${this.#window(call['over'] as Tree)})`;
    if (within) this.#postgresOnly('WITHIN GROUP');
    return `${identifier(written)}(${inner})${within ? ` WITHIN GROUP (${order.trim()})` : ''}${filter}${over}`;
  }

  #syntaxName(name: string): string {
    if (this.#scope.rules.dialect === 'sqlite') {
      if (name === 'btrim') return 'trim';
      if (name === 'substring') return 'substr';
    }
    // position(a IN b) arrives as position(b, a), which only PostgreSQL's strpos is.
    return name === 'position' ? (this.#scope.rules.dialect === 'sqlite' ? 'instr' : 'strpos') : name;
  }

  #extract(args: unknown): string {
    this.#postgresOnly('EXTRACT');
    const [field, from, extra] = list(args);
    const { sval } = as(field, 'A_Const', ['sval']);
    const name = word((sval as { sval?: unknown } | undefined)?.sval);
    if (extra !== undefined || !DATE_FIELDS.has(name)) throw unsupported(`EXTRACT of ${show(name)}`);
    return `EXTRACT(${name} FROM ${this.write(from)})`;
  }

  #window(fields: Tree): string {
    const { partitionClause, orderClause, frameOptions } = only(fields, 'OVER', [
      ...['partitionClause', 'orderClause', 'frameOptions'],
    ]);
    // The frame a window has when nobody names one.
    if (frameOptions !== undefined && frameOptions !== 1058) throw unsupported('the frame of a window');
    const partition = list(partitionClause).length > 0 ? `PARTITION BY ${this.all(partitionClause)}` : '';
    const order = list(orderClause).length > 0 ? `ORDER BY ${this.order(orderClause)}` : '';
    return [partition, order].filter(Boolean).join(' ');
  }

  /** Items of an ORDER BY. */
  order(items: unknown): string {
    return list(items)
      .map(item => {
        const { node, sortby_dir, sortby_nulls } = as(item, 'SortBy', ['node', 'sortby_dir', 'sortby_nulls']);
        if (sortby_dir === 'SORTBY_USING') throw unsupported('ORDER BY … USING');
        const direction = sortby_dir === 'SORTBY_DESC' ? ' DESC' : sortby_dir === 'SORTBY_ASC' ? ' ASC' : '';
        const nulls =
          sortby_nulls === 'SORTBY_NULLS_FIRST'
            ? ' NULLS FIRST'
            : sortby_nulls === 'SORTBY_NULLS_LAST'
              ? ' NULLS LAST'
              : '';
        return `${this.orNumber(node)}${direction}${nulls}`;
      })
      .join(', ');
  }

  #cast({ arg, typeName }: Tree): string {
    // Sizes, as in varchar(3), are among what is not let through: a cast would mean something else without them.
    const type = only(typeName as Tree, 'a type', ['names', 'typemod', 'arrayBounds']);
    const parts = names(type['names']);
    const name =
      parts.length === 2 && parts[0] === 'pg_catalog'
        ? (parts[1] ?? '')
        : parts.length === 1
          ? (parts[0] ?? '')
          : '';
    const written = TYPES[this.#scope.rules.dialect].get(name);
    const bounds = list(type['arrayBounds']).length;
    if (written === undefined || bounds > 1 || (bounds === 1 && this.#scope.rules.dialect === 'sqlite')) {
      throw new Refused(
        'type',
        `the type ${show(parts.join('.'))} is not let through`,
        'cast to a plain type such as text or int4',
      );
    }
    return `CAST(${this.write(arg)} AS ${written}${bounds === 1 ? '[]' : ''})`;
  }

  #case({ arg, args, defresult }: Tree): string {
    const whens = list(args).map(item => {
      const { expr, result } = as(item, 'CaseWhen', ['expr', 'result']);
      return ` WHEN ${this.write(expr)} THEN ${this.write(result)}`;
    });
    const of = arg === undefined ? '' : ` ${this.write(arg)}`;
    return `(CASE${of}${whens.join('')}${defresult === undefined ? '' : ` ELSE ${this.write(defresult)}`} END)`;
  }

  #extreme({ op, args }: Tree): string {
    const [greatest, least] = this.#scope.rules.dialect === 'sqlite' ? ['max', 'min'] : ['greatest', 'least'];
    return `${op === 'IS_LEAST' ? least : greatest}(${this.all(args)})`;
  }

  #subquery({ subLinkType, testexpr, operName, subselect }: Tree): string {
    const query = `(${this.#query(subselect, this.#scope)})`;
    switch (subLinkType) {
      case 'EXISTS_SUBLINK':
        return `(EXISTS ${query})`;
      case 'EXPR_SUBLINK':
        return query;
      case 'ARRAY_SUBLINK':
        this.#postgresOnly('ARRAY');
        return `ARRAY${query}`;
      case 'ANY_SUBLINK':
      case 'ALL_SUBLINK': {
        const left = this.write(testexpr);
        if (subLinkType === 'ANY_SUBLINK' && operName === undefined) return `(${left} IN ${query})`;
        this.#postgresOnly('ANY and ALL of a query');
        return `(${left} ${this.#operator(operName)} ${subLinkType === 'ANY_SUBLINK' ? 'ANY' : 'ALL'} ${query})`;
      }
      default:
        throw unsupported(word(subLinkType));
    }
  }

  #now({ op, typmod }: Tree): string {
    const known = {
      SVFOP_CURRENT_DATE: 'CURRENT_DATE',
      SVFOP_CURRENT_TIME: 'CURRENT_TIME',
      SVFOP_CURRENT_TIMESTAMP: 'CURRENT_TIMESTAMP',
    };
    if (!Object.hasOwn(known, word(op)) || typmod !== -1) throw unsupported(word(op));
    return known[op as keyof typeof known];
  }
}
