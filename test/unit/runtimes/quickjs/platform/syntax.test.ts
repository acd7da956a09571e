import { parse } from 'acorn';
import { simple } from 'acorn-walk';
import { expect, it } from 'vitest';
import { platformBundle } from './engine.ts';

/** Syntax that looks something up on a prototype or global the guest can change. */
it('the platform’s bundle uses no syntax that guests can hook', async () => {
  const found: string[] = [];
  const note = (what: string) => (): void => {
    found.push(what);
  };
  const asynchronous = (node: { async?: boolean; generator?: boolean }): void => {
    if (node.async || node.generator) found.push('async function or generator');
  };
  const spread = (items: readonly ({ type: string } | null)[]): void => {
    if (items.some(item => item?.type === 'SpreadElement')) found.push('spread of an iterable');
  };
  simple(parse(await platformBundle(), { ecmaVersion: 2024 }), {
    ForOfStatement: note('for…of'),
    AwaitExpression: note('await'),
    ArrayPattern: note('array destructuring'),
    YieldExpression: note('yield'),
    TemplateLiteral: node => {
      if (node.expressions.length > 0) found.push('template literal with substitutions');
    },
    BinaryExpression: node => {
      if (node.operator === 'instanceof') found.push('instanceof');
    },
    ArrayExpression: node => spread(node.elements),
    CallExpression: node => spread(node.arguments),
    NewExpression: node => spread(node.arguments),
    Function: asynchronous,
  });
  expect(found).toEqual([]);
});
