/** What is said of an HTTP node's config before anything is asked, and the limits of its fields. */
import { describe, expect, it } from 'vitest';
import { type Config, createWorkflowEngine, type WorkflowProblem } from '../../../src/workflow.ts';

const engine = createWorkflowEngine({
  policies: { default: { network: { allow: ['api.example.com'] } } },
});
const url = 'https://api.example.com/';
const POST = { url, method: 'POST' };
const JSON_TYPE = { headers: { 'content-type': 'application/json' } };

function problemsOf(config: Config): readonly WorkflowProblem[] {
  return engine.check({
    version: 1,
    nodes: [
      { id: 'in', kind: 'input' },
      { id: 'n', kind: 'http', config },
    ],
    edges: [{ from: 'in', to: 'n' }],
  }).problems;
}

describe('an HTTP node', () => {
  it.each<[string, Config]>([
    ['a whole address of an item', { url: '{{ item.next }}' }],
    ['a base of the run', { url: '{{ vars.base | raw }}/a/{{ item.b }}' }],
    ['values everywhere in the address', { url: 'https://{{ vars.a }}.example.com:{{ vars.p }}/{{ item.b }}?{{ item.c }}={{ item.d }}' }],
    ['a JSON text', { ...POST, ...JSON_TYPE, body: '{"{{ item.k }}": {{ item.a }}, "b": "x {{ item.b }}"}' }],
    ['lines', { ...POST, headers: { 'Content-Type': 'application/x-ndjson' }, body: '{{ item.a }}\n{{ item.b }}\n' }],
    ['a form', { ...POST, form: { a: '{{ item.a }}', b: [1, true] } }],
    ['parts', { ...POST, multipart: [{ name: 'a', value: 'x' }, { name: 'b', from: '$.file', fileName: 'x', type: 'image/png' }] }],
    ['what an item holds', { ...POST, from: '$.file' }],
    ['bytes of an item', { ...POST, headers: { 'content-type': 'application/pdf' }, body: '{{ item | raw }}' }],
    ['a text without values', { ...POST, body: 'hello' }],
    ['a text of a type that has no order', { ...POST, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'a {{ item }}' }],
    ['markup', { ...POST, headers: { 'content-type': 'text/xml' }, body: '<a b="{{ item }}">{{ item }}</a>' }],
    ['a body that tags make', { ...POST, ...JSON_TYPE, body: '[{% for x in item %}{{ x }}{% unless forloop.last %},{% endunless %}{% endfor %}]' }],
    ['the largest limits', { url, maxBytes: 64 * 1024 * 1024, pages: { by: 'link', most: 1_000, maxBytes: 64 * 1024 * 1024 } }],
    ['a way to read', { url, parse: 'ndjson', charset: 'Shift_JIS', malformed: 'replace', integers: 'text', cookies: 'run' }],
    ['pages by number', { url, pages: { by: 'number', param: 'page', items: '$[*]', start: 0, step: 100, more: 'leave' } }],
  ])('with %s is fine', (_, config) => {
    expect(problemsOf(config)).toEqual([]);
  }); // biome-ignore format: a table

  it.each<[string, Config, string, RegExp]>([
    ['a body with GET', { url, body: 'x' }, 'body', /cannot be sent with GET/],
    ['JSON with GET', { url, json: {} }, 'json', /cannot be sent with GET/],
    ['a file with HEAD', { url, method: 'HEAD', from: '$' }, 'from', /cannot be sent with HEAD/],
    ['two bodies', { ...POST, json: {}, form: {} }, 'form', /second body/],
    ['a value for a scheme', { url: '{{ item.scheme }}://x/' }, 'url', /where the URL begins/],
    ['a value that begins the address', { url: '{{ vars.base }}/x' }, 'url', /\| raw/],
    ['half a percent sign', { url: 'https://api.example.com/%{{ item }}' }, 'url', /percent-encoded/],
    ['a value glued to a number', { ...POST, ...JSON_TYPE, body: '{"a": 1{{ item }}}' }, 'body', /part of a word/],
    ['a value in an escape', { ...POST, ...JSON_TYPE, body: '{"a": "\\{{ item }}"}' }, 'body', /escape/],
    ['a value in a tag', { ...POST, headers: { 'content-type': 'text/html' }, body: '<a {{ item }}>' }, 'body', /outside of quotes/],
    ['a template that is none', { url, headers: { a: '{{ item' } }, 'headers.a', /no template/],
    ['a template deep in JSON', { ...POST, json: { a: [{ b: '{{ item' }] } }, 'json.a[0].b', /no template/],
    ['a line break in a header', { url, headers: { a: 'x\r\nb: c' } }, 'headers.a', /characters a header cannot hold/],
    ['a part without a name', { ...POST, multipart: [{ value: 'x' }] }, 'multipart[0].name', /missing/],
    ['a part with nothing in it', { ...POST, multipart: [{ name: 'x' }] }, 'multipart[0]', /either value/],
    ['a part with two things in it', { ...POST, multipart: [{ name: 'x', value: '1', from: '$' }] }, 'multipart[0]', /either value/],
    ['no part', { ...POST, multipart: [] }, 'multipart', /1 to 100/],
    ['a type beside parts', { ...POST, ...JSON_TYPE, multipart: [{ name: 'x', value: '1' }] }, 'headers', /content-type/],
    ['a path that is none', { ...POST, from: '$[' }, 'from', /JSONPath/],
    ['an encoding that is none', { url, charset: 'utf-7' }, 'charset', /no encoding/],
    ['cookies of nobody', { url, cookies: 'all' }, 'cookies', /run/],
    ['pages that are none', { url, pages: 3 }, 'pages', /by: link/],
    ['pages by nothing', { url, pages: {} }, 'pages.by', /missing/],
    ['pages by a cursor nobody names', { url, pages: { by: 'cursor' } }, 'pages.at', /missing/],
    ['pages by number without an end', { url, pages: { by: 'number', param: 'p' } }, 'pages.items', /missing/],
    ['a field of other pages', { url, pages: { by: 'link', start: 1 } }, 'pages.start', /means nothing/],
    ['pages of HEAD', { url, method: 'HEAD', pages: { by: 'link' } }, 'pages', /HEAD/],
    ['items of whole answers', { url, response: 'all', pages: { by: 'link', items: '$' } }, 'pages.items', /response/],
    ['too many pages', { url, pages: { by: 'link', most: 1_001 } }, 'pages.most', /1000/],
    ['too many bytes of pages', { url, pages: { by: 'link', maxBytes: 64 * 1024 * 1024 + 1 } }, 'pages.maxBytes', /67108864/],
    ['too many bytes', { url, maxBytes: 64 * 1024 * 1024 + 1 }, 'maxBytes', /67108864/],
  ])('with %s is refused', (_, config, path, message) => {
    expect(problemsOf(config)).toContainEqual(
      expect.objectContaining({ severity: 'error', path: `config.${path}`, message: expect.stringMatching(message) }),
    );
  }); // biome-ignore format: a table

  it.each<[string, Config, string, RegExp]>([
    ['a text that no type orders', { ...POST, body: '{"a": "{{ item.a }}"}' }, 'body', /no content-type says/],
    ['a text of a type nobody knows', { ...POST, headers: { 'content-type': 'text/csv' }, body: 'a,{{ item.a }}' }, 'body', /text\/csv/],
    ['a type that is filled in', { ...POST, headers: { 'content-type': '{{ item.type }}' }, body: '{{ item.a }},1' }, 'body', /nobody knows/],
    ['values as they are in JSON', { ...POST, ...JSON_TYPE, body: '{"a": {{ item.a | raw }}}' }, 'body', /as they are/],
    ['a value as it is in an address', { url: 'https://api.example.com/{{ item.a | raw }}' }, 'url', /as it is/],
    ['a header the policy refuses', { url, headers: { Cookie: 'a={{ item.a }}' } }, 'headers.Cookie', /allowHeaders/],
    ['a host the policy refuses', { url: 'https://other.example/' }, 'url', /will be denied/],
  ])('with %s is warned of', (_, config, path, message) => {
    const problems = problemsOf(config);
    expect(problems).toMatchObject([{ severity: 'warning', path: `config.${path}`, message: expect.stringMatching(message) }]);
  }); // biome-ignore format: a table
});
