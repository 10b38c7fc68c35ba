/**
 * Property lists in their two text forms: XML (`plutil -convert xml1`) and OpenStep (`defaults read`). Total: undefined
 * for what is neither. Dates become ISO text, data becomes null.
 */
import { linesOf } from './loose.ts';

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const maxDepth = 50;

export function parsePlist(text: string): unknown {
  try {
    return /<plist[\s>]/.test(text) ? parseXml(text) : parseOpenStep(text);
  } catch {
    // A cut-off list: nothing of it is believed.
    return undefined;
  }
}

function parseXml(text: string): unknown {
  const tokens = [...text.slice(text.search(/<plist[\s>]/)).matchAll(/<(\/?)(\w+)[^>]*?(\/?)>([^<]*)/g)];
  let at = 1;
  const plain = (raw: string) =>
    raw.replace(/&(?:#(\d{1,6})|(\w+));/g, (whole, code: string | undefined, name: string | undefined) =>
      code === undefined ? (entities[name ?? ''] ?? whole) : String.fromCodePoint(Number(code)),
    );
  const value = (depth: number): unknown => {
    const token = tokens[at];
    if (!token || depth > maxDepth || token[1] === '/') throw new Error('not whole');
    at += 1;
    const [, , name = '', empty, content = ''] = token;
    const leaf = () => {
      if (empty !== '/' && tokens[at]?.[2] === name) at += 1;
      return empty === '/' ? '' : plain(content);
    };
    if (name === 'dict') return empty === '/' ? {} : dict(depth);
    if (name === 'array') return empty === '/' ? [] : array(depth);
    if (name === 'integer' || name === 'real') return Number(leaf());
    if (name === 'true' || name === 'false') {
      leaf();
      return name === 'true';
    }
    const content_ = leaf();
    return name === 'data' ? null : content_;
  };
  const closing = () => {
    const token = tokens[at];
    if (!token) throw new Error('not whole');
    if (token[1] !== '/') return false;
    at += 1;
    return true;
  };
  const array = (depth: number) => {
    const items: unknown[] = [];
    while (!closing()) items.push(value(depth + 1));
    return items;
  };
  const dict = (depth: number) => {
    const pairs: Record<string, unknown> = {};
    while (!closing()) {
      const key = value(depth + 1);
      pairs[String(key)] = value(depth + 1);
    }
    return pairs;
  };
  return value(0);
}

/** `{ a = 1; "b c" = (x, "y"); }` */
function parseOpenStep(text: string): unknown {
  const source = linesOf(text).join('\n');
  let at = 0;
  const blank = () => {
    while (/\s/.test(source[at] ?? '')) at += 1;
  };
  const expect = (character: string) => {
    blank();
    if (source[at] !== character) throw new Error(`no ${character}`);
    at += 1;
  };
  const word = (): string => {
    blank();
    const quoted = /^"((?:[^"\\]|\\[\s\S])*)"/.exec(source.slice(at));
    const match = quoted ?? /^([\w.:/+$-]+)/.exec(source.slice(at));
    if (!match) throw new Error('no word');
    at += match[0].length;
    return (match[1] ?? '').replace(/\\(.)/g, '$1');
  };
  const value = (depth: number): unknown => {
    blank();
    if (depth > maxDepth) throw new Error('too deep');
    if (source[at] === '{') return dict(depth);
    if (source[at] === '(') return list(depth);
    if (source[at] !== '<') return word();
    at = source.indexOf('>', at) + 1;
    if (at === 0) throw new Error('not whole');
    return null;
  };
  const dict = (depth: number) => {
    const pairs: Record<string, unknown> = {};
    expect('{');
    for (blank(); source[at] !== '}'; blank()) {
      const key = word();
      expect('=');
      pairs[key] = value(depth + 1);
      expect(';');
    }
    at += 1;
    return pairs;
  };
  const list = (depth: number) => {
    const items: unknown[] = [];
    expect('(');
    for (blank(); source[at] !== ')'; blank()) {
      items.push(value(depth + 1));
      blank();
      if (source[at] === ',') at += 1;
    }
    at += 1;
    return items;
  };
  blank();
  if (source[at] !== '{' && source[at] !== '(') return undefined;
  return value(0);
}
