/**
 * The collector's command line: words in, an exit code out. 0 done, 1 it failed, 2 the command line was not understood.
 */
import '../shared/needs-node.ts';

import { parseArgs } from 'node:util';
import { EvenkeelError, fail } from '../shared/errors.ts';
import { flagFault } from '../shared/flag-fault.ts';
import { nearest } from '../shared/nearest.ts';
import type { Command } from './commands/command.ts';
import { type CommandEntry, commands } from './commands/index.ts';
import { isPackaged, places } from './package/places.ts';
import { version } from './version.ts';

function help(): string {
  const lines = Object.entries(commands).map(
    ([name, { usage, about }]) => `  ${`${name} ${usage}`.padEnd(34)} ${about}`,
  );
  return [
    'evenkeel: collects what agents report, and notifies people',
    '',
    ...lines,
    '',
    '  --version            prints it',
    'Options of all:',
    `  --config FILE        settings (default: ${places.settings}${isPackaged ? '' : ' in the working folder'}, where there is one)`,
    `  --data DIR           where everything is kept (EVENKEEL_DATA; default ${places.data})`,
    '  --log LEVEL          debug, info, warn or error (EVENKEEL_LOG)',
    '  --log-format FORMAT  text: readable lines (default); json: for programs (EVENKEEL_LOG_FORMAT)',
    'Options of start:',
    '  --http-host, --http-port    web app and REST interface (EVENKEEL_HTTP_HOST, EVENKEEL_HTTP_PORT; 127.0.0.1:7460)',
    '  --mqtt-host, --mqtt-port    for agents (EVENKEEL_MQTT_HOST, EVENKEEL_MQTT_PORT; 127.0.0.1:1883)',
    '  --local-agent               also run an agent for this machine',
    'Port 0 takes a free one and prints it. Later wins: evenkeel.yaml, environment, command line.',
  ].join('\n');
}

/** Of one command, or of those that begin with the same word. */
function helpOf(first: string, among: [name: string, entry: CommandEntry][]): string {
  const lines = among.map(([name, { usage, about }]) => `  ${name} ${usage}\n      ${about}`);
  return [`evenkeel ${first}`, '', ...lines, '', 'All commands, and the options of all: --help without a command'].join(
    '\n',
  );
}

function unknownFlag(word: string, known: readonly string[]): EvenkeelError {
  const guess = nearest(word, known);
  return fail('BAD_FLAG', { problem: `an unknown option --${word}${guess ? ` (did you mean --${guess}?)` : ''}` });
}

function parse(words: string[], options: Command['options']) {
  const all = { ...options, help: { type: 'boolean' as const, short: 'h' } };
  for (const word of words) {
    if (word === '--') break;
    const name = /^--([^=]+)/.exec(word)?.[1];
    if (name !== undefined && !Object.hasOwn(all, name)) throw unknownFlag(name, Object.keys(all));
  }
  try {
    return parseArgs({ args: words, options: all, allowPositionals: true, strict: true });
  } catch (thrown) {
    throw fail('BAD_FLAG', { problem: flagFault(thrown) }, thrown);
  }
}

async function main(words: string[]): Promise<number> {
  const [first, second] = words;
  if (first === '--version') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    process.stdout.write(`${help()}\n`);
    return first === undefined ? 2 : 0;
  }
  const two = `${first} ${second ?? ''}`;
  const name = Object.hasOwn(commands, two) ? two : first;
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const asksForHelp = words.slice(1).some((word) => word === '--help' || word === '-h');
  const group = Object.entries(commands).filter(([known]) => known.split(' ')[0] === first);
  if (!entry && group.length > 0 && (second === undefined || asksForHelp)) {
    process.stdout.write(`${helpOf(first, group)}\n`);
    return asksForHelp ? 0 : 2;
  }
  if (!entry) {
    const guess = nearest(name, Object.keys(commands));
    throw fail('BAD_FLAG', { problem: `an unknown command "${name}"${guess ? ` (did you mean "${guess}"?)` : ''}` });
  }
  const { command } = await entry.load();
  const { values, positionals } = parse(words.slice(name.split(' ').length), command.options);
  if (values.help) {
    process.stdout.write(`${helpOf(name, [[name, entry]])}\n`);
    return 0;
  }
  const most = command.takes === undefined ? 0 : 1;
  if (positionals.length > most) throw fail('BAD_FLAG', { problem: `an unexpected argument: "${positionals[most]}"` });
  if (positionals.length < most) throw fail('BAD_FLAG', { problem: `${name} without its ${command.takes}` });
  return command.run(values, positionals);
}

// What the collector writes is for its own user only.
process.umask(0o077);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  if (!(thrown instanceof EvenkeelError)) throw thrown;
  process.stderr.write(`${thrown.message}\n${thrown.hint}\n`);
  // Whatever a broken start has left running shall not keep a refused process alive.
  process.exit(thrown.code === 'BAD_FLAG' ? 2 : 1);
}
