/**
 * A language that no one speaks, made from English: words stand between ⟦ and ⟧, placeholders between the words. What is
 * read without brackets was not made from the words. It comes as any language does: two files, and one entry in shared/words/list.ts.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin } from 'vite';
import { defaultLanguage, dictionaries, languages } from '../../shared/words/index.ts';

/** Intl writes Greek here, which nothing else does: its words can be told from sentences that were not translated. */
export const pseudo = 'el';

const bracketed = (text: string) =>
  text
    .split(/({{\w+}})/)
    .map((part) => (/\p{L}/u.test(part) && !part.startsWith('{{') ? `⟦${part}⟧` : part))
    .join('');

type Tree = { [name: string]: string | Tree };

function treeOf(words: ReadonlyMap<string, string>): Tree {
  const tree: Tree = {};
  for (const [key, text] of words) {
    const names = key.split('.');
    const last = names.pop() ?? '';
    let place = tree;
    for (const name of names) {
      const inner = place[name] ?? {};
      place[name] = inner;
      place = inner as Tree;
    }
    place[last] = bracketed(text);
  }
  return tree;
}

/** Writes the files of the language. @returns the line of shared/words/list.ts that adds it */
export function writePseudo(folder: string): string {
  // Errors are English by themselves: only the other languages have words for all of them.
  const all = [...languages.filter((code) => code !== defaultLanguage), defaultLanguage];
  const words = new Map(all.flatMap((code) => [...(dictionaries.get(code) ?? [])]));
  const about = { name: '⟦Pseudo⟧', short: '⟦P⟧', locale: pseudo, durations: 'narrow', separator: '; ' };
  const { reason, ...others } = treeOf(words);
  const written = (name: string, what: string, tree: object) => {
    const file = join(folder, `${name}.ts`);
    writeFileSync(file, `export const ${what} = ${JSON.stringify(tree)};\n`);
    return `() => import('${pathToFileURL(file).href}')`;
  };
  const file = written(pseudo, 'words', others);
  const reasons = written(`${pseudo}-reasons`, 'reasons', reason as Tree);
  return `export const ${pseudo} = { about: ${JSON.stringify(about)}, file: ${file}, reasons: ${reasons} };`;
}

const list = '/shared/words/list.ts';

/** For `node --import`: the list of languages has one more line. @returns the address of the file */
export function writeHook(folder: string, line: string): string {
  const file = join(folder, 'hook.mjs');
  writeFileSync(
    file,
    `import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    return url.endsWith('${list}') ? { ...loaded, source: loaded.source + ${JSON.stringify(`\n${line}\n`)} } : loaded;
  },
});
`,
  );
  return pathToFileURL(file).href;
}

/** The same for the web app. */
export const withLine = (line: string): Plugin => ({
  name: 'pseudo-language',
  transform: (code, id) => {
    const onDisk = line.replaceAll(/file:\/\/[^']+/g, (url) => fileURLToPath(url));
    return id.endsWith(list) ? `${code}\n${onDisk}\n` : null;
  },
});
