/**
 * URL parsing for guests, by whatwg-url's state machine. It lives outside QuickJS for its tables and its speed; the
 * guest's own realm keeps no copy. Takes and gives plain strings only.
 *
 * The bundle needs `urlAliases` (scripts/url-aliases.ts): whatwg-url's helpers want a TextEncoder at load.
 */
import {
  basicURLParse, cannotHaveAUsernamePasswordPort, hasAnOpaquePath, serializeHost, serializeInteger, serializePath,
  serializeURL, serializeURLOrigin, setThePassword, setTheUsername, type UrlState,
} from 'whatwg-url/lib/url-state-machine.js'; // biome-ignore format: a list

/** Same shape as the guest's UrlRecord. */
export interface UrlParts {
  readonly href: string;
  readonly protocol: string;
  readonly username: string;
  readonly password: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
  readonly origin: string;
}

/** Longest text taken for a URL, a base or a part, and longest href given, in UTF-16 units. */
export const MAX_URL_LENGTH = 65_536;

function parts(url: UrlState): UrlParts | null {
  const hostname = url.host === null ? '' : serializeHost(url.host);
  const port = url.port === null ? '' : serializeInteger(url.port);
  const href = serializeURL(url);
  if (href.length > MAX_URL_LENGTH) return null;
  return {
    href,
    protocol: `${url.scheme}:`,
    username: url.username,
    password: url.password,
    host: port === '' ? hostname : `${hostname}:${port}`,
    hostname,
    port,
    pathname: serializePath(url),
    search: url.query === null || url.query === '' ? '' : `?${url.query}`,
    hash: url.fragment === null || url.fragment === '' ? '' : `#${url.fragment}`,
    origin: serializeURLOrigin(url),
  };
}

function parse(text: string, base?: UrlState): UrlState | null {
  return text.length > MAX_URL_LENGTH ? null : basicURLParse(text, base ? { baseURL: base } : {});
}

/** Null when the text, or its base, is no URL. */
export function parseUrl(text: string, base?: string): UrlParts | null {
  if (base === undefined) {
    const url = parse(text);
    return url && parts(url);
  }
  const context = parse(base);
  const url = context && parse(text, context);
  return url && parts(url);
}

const without = (value: string, mark: string): string => (value[0] === mark ? value.slice(1) : value);

function assign(url: UrlState, name: string, value: string): void {
  switch (name) {
    case 'protocol':
      basicURLParse(`${value}:`, { url, stateOverride: 'scheme start' });
      return;
    case 'username':
      if (!cannotHaveAUsernamePasswordPort(url)) setTheUsername(url, value);
      return;
    case 'password':
      if (!cannotHaveAUsernamePasswordPort(url)) setThePassword(url, value);
      return;
    case 'host':
    case 'hostname':
      if (!hasAnOpaquePath(url)) basicURLParse(value, { url, stateOverride: name });
      return;
    case 'port':
      if (cannotHaveAUsernamePasswordPort(url)) return;
      if (value === '') url.port = null;
      else basicURLParse(value, { url, stateOverride: 'port' });
      return;
    case 'pathname':
      if (hasAnOpaquePath(url)) return;
      url.path = [];
      basicURLParse(value, { url, stateOverride: 'path start' });
      return;
    case 'search':
      url.query = value === '' ? null : '';
      if (value !== '') basicURLParse(without(value, '?'), { url, stateOverride: 'query' });
      return;
    case 'hash':
      url.fragment = value === '' ? null : '';
      if (value !== '') basicURLParse(without(value, '#'), { url, stateOverride: 'fragment' });
      return;
  }
}

/**
 * What a URL object holds after `url[name] = value`: a refused part leaves it as it was. Null when `href` is set to
 * something that is no URL, or the result is too long.
 */
export function setUrlPart(href: string, name: string, value: string): UrlParts | null {
  if (name === 'href') return parseUrl(value);
  const url = value.length > MAX_URL_LENGTH ? null : parse(href);
  if (url === null) return null;
  assign(url, name, value);
  return parts(url);
}
