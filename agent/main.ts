/**
 * The agent's command line: arguments in, an exit code out. 0 done, 1 it failed, 2 the command line was not understood.
 * A new command is a file in commands/ and a line in the table below.
 */
import '../shared/needs-node.ts';

import type { ParseArgsOptionsConfig } from 'node:util';
import { EvenkeelError, fail } from '../shared/errors.ts';
import type { AgentCommand } from './commands/command.ts';
import { becomeOwner, defaultData } from './home.ts';
import { becomeLean } from './lean.ts';

interface AgentCommandEntry {
  /** One line for the help. */
  usage: string;
  /** Loaded on demand: `run` must not load what only `doctor` needs. */
  load(): Promise<{ command: AgentCommand }>;
  /** Runs for months: worth replacing this process by a small one first. */
  lasting?: boolean;
  /** Internal, not in the help. */
  internal?: boolean;
  /** Needs the rights that it was started with; the others take those of the agent's user. */
  keepsRights?: boolean;
}

const commands: Record<string, AgentCommandEntry> = {
  run: { usage: 'run', load: () => import('./commands/run.ts'), lasting: true },
  enroll: {
    keepsRights: true,
    usage:
      'enroll [CODE | --file F | --code-file F | -]   [--again | --if-needed] [--ca FILE] [--collector URL] [--name N] [--kind server|workstation] [--insecure-http]',
    load: () => import('./commands/enroll.ts'),
  },
  once: { usage: 'once                    print one report as JSON', load: () => import('./commands/once.ts') },
  doctor: {
    usage: 'doctor                  what each check reads, may, finds and lacks; connection and spool',
    load: () => import('./commands/doctor.ts'),
  },
  status: {
    usage:
      'status [--json]         which endpoint this is, how it reports, what waits; exit code 1 where something is wrong',
    load: () => import('./commands/status.ts'),
  },
  'run-backup': {
    usage: 'run-backup --job NAME [--product P] [--protects PATH]… [--schedule S] [--verify] -- COMMAND …',
    load: () => import('./commands/run-backup.ts'),
    keepsRights: true,
  },
  seal: {
    usage: 'seal [--yes]            before this machine becomes an image: takes its identity away',
    load: () => import('./commands/seal.ts'),
  },
  scripts: {
    usage: 'scripts                 which scripts of scripts.yaml others may start, and what stands against the rest',
    load: () => import('./commands/scripts.ts'),
  },
  sleep: {
    usage: 'sleep                   let the running agent say that the machine goes to sleep',
    load: () => import('./commands/sleep.ts'),
  },
  maintenance: {
    usage: 'maintenance 2h "why"     ask for maintenance of this machine; `maintenance end`; without words: what runs',
    load: () => import('./commands/maintenance.ts'),
  },
  report: {
    usage:
      'report "text" [--with-state]   report a problem with this machine to the service desk; `report --page`: link to its page',
    load: () => import('./commands/report.ts'),
  },
  update: {
    usage: 'update --again          try releases again that were refused here (as root)',
    load: () => import('./commands/update.ts'),
    keepsRights: true,
  },
  'update-fetch': { usage: 'update-fetch', load: () => import('./commands/update-fetch.ts'), internal: true },
  wait: { usage: 'wait', load: () => import('./commands/wait.ts'), internal: true },
  wake: { usage: 'wake                    let it say that it is back', load: () => import('./commands/wake.ts') },
  'leave-hardware': {
    usage: 'leave-hardware',
    load: () => import('./commands/leave-hardware.ts'),
    internal: true,
    keepsRights: true,
  },
  copied: { usage: 'copied', load: () => import('./commands/copied.ts'), internal: true },
  rotate: { usage: 'rotate', load: () => import('./commands/rotate.ts'), internal: true },
  refused: { usage: 'refused', load: () => import('./commands/refused.ts'), internal: true },
  heavy: { usage: 'heavy NAME …', load: () => import('./commands/heavy.ts'), internal: true, keepsRights: true },
};

const common = { data: { type: 'string' }, help: { type: 'boolean', short: 'h' } } satisfies ParseArgsOptionsConfig;

function help(): string {
  const lines = Object.values(commands).flatMap((entry) => (entry.internal ? [] : [`  ${entry.usage}`]));
  return [
    'evenkeel-agent: measures this machine and reports to its collector',
    '',
    ...lines,
    '',
    '  --version    prints it',
    `  --data DIR   its folder (or EVENKEEL_AGENT_DATA; default ${defaultData()})`,
  ].join('\n');
}

function dataFolder(flag: unknown): string {
  return typeof flag === 'string' ? flag : process.env.EVENKEEL_AGENT_DATA || defaultData();
}

/** By `import` node:util would load everything that it can export, worker threads included: 1 MB for months. */
const { parseArgs } = process.getBuiltinModule('node:util');

/** Words of a wrapped command, after `--`, belong to it and are not parsed here. */
async function parse(words: string[], options: ParseArgsOptionsConfig) {
  try {
    return parseArgs({ args: words, options: { ...common, ...options }, allowPositionals: true, strict: true });
  } catch (thrown) {
    const { flagFault } = await import('../shared/flag-fault.ts');
    throw fail('BAD_FLAG', { problem: flagFault(thrown) }, thrown);
  }
}

async function main([name, ...words]: string[]): Promise<number> {
  if (name === '--version') {
    process.stdout.write(`${(await import('./version.ts')).version}\n`);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${help()}\n`);
    return name === undefined ? 2 : 0;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!entry) throw fail('BAD_FLAG', { problem: `no command "${name}"` });
  if (entry.lasting && !words.includes('--help')) becomeLean(dataFolder(roughData(words)));
  if (!entry.keepsRights) becomeOwner(dataFolder(roughData(words)));
  const { command } = await entry.load();
  // Libraries start programs of their own; a wrapped backup has the PATH of its caller.
  if (name !== 'run-backup') {
    process.env.PATH = (await import('./programs.ts')).programPath();
    if (!entry.lasting) endQuietly();
  }
  const { values, positionals } = await parse(words, command.options);
  if (values.help) {
    process.stdout.write(`${help()}\n`);
    return 0;
  }
  return command.run({ data: dataFolder(values.data), values, words: positionals });
}

/** The folder before the command line is checked; a wrong one fails right after, with its message. */
function roughData(words: readonly string[]): string | undefined {
  const at = words.indexOf('--data');
  return at >= 0 ? words[at + 1] : words.find((word) => word.startsWith('--data='))?.slice(7);
}

/** `doctor | head` ends when head has seen enough. A wrapped backup has to hear of it itself. */
function endQuietly(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

/** Not awaited at the top: the package is one CommonJS file, which cannot wait there. */
async function start(): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (thrown) {
    if (!(thrown instanceof EvenkeelError)) throw thrown;
    process.stderr.write(`${thrown.message}\n${thrown.hint}\n`);
    process.exitCode = thrown.code === 'BAD_FLAG' ? 2 : thrown.code === 'PIN_MISMATCH' ? 3 : 1;
  }
}

void start();
