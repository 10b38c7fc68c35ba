/**
 * Imported first by every program that is started by hand: with an older Node it prints the command to use instead, and
 * ends. Before 22.18 Node does not even read a `.ts` file and stops with ERR_UNKNOWN_FILE_EXTENSION; no code of this
 * project can run then.
 */
const needed = 26;

if (Number(process.versions.node.split('.')[0]) < needed) {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const { relative } = process.getBuiltinModule('node:path');
  const [, entry = '', ...words] = process.argv;
  const top = new URL('../', import.meta.url);
  const file = relative(decodeURIComponent(top.pathname), entry).replaceAll('\\', '/');
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', top), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const script = Object.keys(scripts).find((name) => scripts[name] === `node ${file}`);
  const instead =
    script === undefined ? `node_modules/.bin/node ${file}` : `npm ${script === 'test' ? 'test' : `run ${script}`} --`;
  process.stderr.write(
    `Evenkeel needs Node ${needed} or newer; ${process.execPath} is Node ${process.versions.node}.\n` +
      `It brings its own. After "npm ci", type: ${[instead, ...words].join(' ')}\n`,
  );
  process.exit(1);
}
