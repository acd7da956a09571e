/** All tools by name: the cell and the host have the same. To add one: a file with a Tool, and two lines here. */
import { type Base64Config, base64, type HashConfig, hash } from './bytes.ts';
import { type ContentConfig, csv, html, markdown } from './content.ts';
import { type DateConfig, date } from './date.ts';
import { type FillConfig, fill, type SamplesConfig, samples } from './fill.ts';
import { type JsonConfig, json } from './json.ts';
import { type PathConfig, path } from './path.ts';
import { type ProblemConfig, problems } from './problems.ts';
import { inspect, type ProgramConfig, syntax, validate } from './programs.ts';
import { type TableConfig, table } from './table.ts';
import { type TemplateConfig, template } from './template.ts';
import type { Tool, ToolConfig } from './types.ts';

/** What each is told. */
export interface ToolConfigs {
  readonly base64: Base64Config;
  readonly csv: ContentConfig;
  readonly date: DateConfig;
  readonly fill: FillConfig;
  readonly hash: HashConfig;
  readonly html: ContentConfig;
  readonly inspect: ProgramConfig;
  readonly json: JsonConfig;
  readonly markdown: ContentConfig;
  readonly path: PathConfig;
  readonly problems: ProblemConfig;
  readonly samples: SamplesConfig;
  readonly syntax: ToolConfig;
  readonly table: TableConfig;
  readonly template: TemplateConfig;
  readonly validate: ProgramConfig;
}

export type ToolName = keyof ToolConfigs;

const TOOLS: { readonly [N in ToolName]: Tool<ToolConfigs[N]> } = {
  base64,
  csv,
  date,
  fill,
  hash,
  html,
  inspect,
  json,
  markdown,
  path,
  problems,
  samples,
  syntax,
  table,
  template,
  validate,
};

export function toolOf(name: string): Tool | undefined {
  return Object.hasOwn(TOOLS, name) ? (TOOLS[name as ToolName] as unknown as Tool) : undefined;
}
