/**
 * What a command line starts in the end: through sudo, env, nice and their like, and through `sh -c`. Read only to say
 * whether a backup is made; what is not understood stays a command of its own, judged by its exit code.
 */

/** A program and its arguments. */
export interface Call {
  program: string;
  args: string[];
}

/** Programs that start another: options that take a word of their own, and how many words stand before the command. */
const wrappers: Readonly<Record<string, { values: string; before?: number }>> = {
  sudo: { values: '-u --user -g --group -h --host -p --prompt -C -D --chdir -R -r -t -T -U' },
  doas: { values: '-u -C' },
  env: { values: '-u --unset -C --chdir' },
  nice: { values: '-n --adjustment' },
  ionice: { values: '-c --class -n --classdata' },
  chrt: { values: '', before: 1 },
  taskset: { values: '', before: 1 },
  timeout: { values: '-k --kill-after -s --signal', before: 1 },
  time: { values: '-f --format -o --output' },
  stdbuf: { values: '-i -o -e' },
  flock: { values: '-w --timeout -E', before: 1 },
  'systemd-run': { values: '-p --property -u --unit --slice --uid --gid -E --setenv --description -M -H' },
  'systemd-inhibit': { values: '--what --who --why --mode' },
  caffeinate: { values: '-t -w' },
  cpulimit: { values: '-l --limit' },
  setpriv: { values: '--reuid --regid --groups --inh-caps --bounding-set' },
  runuser: { values: '-u --user -g --group -s --shell' },
  su: { values: '-g --group -s --shell' },
  chpst: { values: '-u -U -n' },
  ...Object.fromEntries(['gosu', 'su-exec', 's6-setuidgid'].map((name) => [name, { values: '', before: 1 }])),
  ...Object.fromEntries(
    ['nohup', 'setsid', 'chronic', 'exec', 'command', 'builtin'].map((name) => [name, { values: '' }]),
  ),
};

const shells = /^(sh|bash|dash|zsh|ksh|ash|su|runuser|flock)$/;
const assignment = /^[A-Za-z_]\w*=/;

/** `/usr/bin/restic`, `restic.exe` and `restic_0.17.3_linux_amd64` are all restic. */
export function programName(path: string): string {
  const file = path.split(/[\\/]/).at(-1)?.toLowerCase() ?? '';
  const name = file.replace(/\.(exe|cmd|bat)$/, '');
  return name.replace(/[-_](v?\d|linux|darwin|freebsd|macos|windows).*$/, '') || name;
}

/** The words after the options of a wrapper, and after those that it takes itself. */
function afterOptions(args: readonly string[], values: string, before = 0): string[] {
  const taking = new Set(values.split(' '));
  let at = 0;
  for (; at < args.length; at += 1) {
    const word = args[at] as string;
    if (word === '--') {
      at += 1;
      break;
    }
    if (!assignment.test(word) && (!word.startsWith('-') || word === '-')) break;
    if (taking.has(word)) at += 1;
  }
  const rest = args.slice(at + before);
  return rest[0] === '--' ? rest.slice(1) : rest;
}

/** The text behind `-c` (`-lc`, `--command`); null when there is none. */
function scriptIn(args: readonly string[]): string | null {
  const at = args.findIndex((word) => /^(-[a-z]*c|--command)$/.test(word));
  return at < 0 ? null : (args[at + 1] ?? null);
}

/** What the words start, with all wrappers taken off; a script starts several. */
export function callsOf(words: readonly string[], depth = 0): Call[] {
  const from = words.findIndex((word) => !assignment.test(word));
  const [program, ...args] = from < 0 ? [] : words.slice(from);
  if (program === undefined || depth > 8) return [];
  const name = programName(program);
  const script = shells.test(name) ? scriptIn(args) : null;
  if (script !== null) return scriptCalls(script, depth + 1);
  // Windows' own shells take the rest of their line as the command.
  const shell = name === 'cmd' ? /^\/[ck]$/i : /^(powershell|pwsh)$/.test(name) ? /^-c(ommand)?$/i : null;
  const at = shell ? args.findIndex((word) => shell.test(word)) : -1;
  if (at >= 0) return scriptCalls(args.slice(at + 1).join(' '), depth + 1);
  if (name === 'ssh') {
    const remote = afterOptions(args, '-i -p -l -o -F -J -L -R -D -b -c -e -m -w -W -S -E', 1).join(' ');
    return remote === '' ? [{ program, args }] : scriptCalls(remote, depth + 1);
  }
  const wrapper = wrappers[name];
  const inner = wrapper ? afterOptions(args, wrapper.values, wrapper.before) : [];
  return inner.length > 0 ? callsOf(inner, depth + 1) : [{ program, args }];
}

/** Words that stand before a command in a script and start nothing. */
const keywords = new Set(['if', 'then', 'else', 'elif', 'fi', 'do', 'done', 'while', 'until', 'for', '!', '{', '}']);

/** What is longer than people write into a command line is not looked into: a script like one in a file. */
const longest = 10_000;
const mostCommands = 100;

function scriptCalls(script: string, depth: number): Call[] {
  const commands = script.length > longest ? [] : simpleCommands(script);
  if (script.length > longest || commands.length > mostCommands) return [{ program: 'script', args: [] }];
  return commands.flatMap((words) => {
    const from = words.findIndex((word) => !keywords.has(word));
    return from < 0 ? [] : callsOf(words.slice(from), depth);
  });
}

const piece =
  /\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|(\d*[<>]+&?\d?)|([;&|()`\n]+)|([ \t\r]+)|(#[^\n]*)|([\s\S])/gy;

/** The simple commands of a shell script as words; quotes are taken off, redirections left out. Never a program that runs. */
function simpleCommands(script: string): string[][] {
  const commands: string[][] = [[]];
  let word: string | null = null;
  let redirected = false;
  const end = () => {
    if (word !== null && !redirected) commands.at(-1)?.push(word);
    if (word !== null) redirected = false;
    word = null;
  };
  for (const [all, escaped, single, double, redirect, operator, blank, comment, plain] of script.matchAll(piece)) {
    if (operator !== undefined) {
      end();
      commands.push([]);
    } else if (blank !== undefined) end();
    else if (redirect !== undefined && word === null) redirected = !/&\d$/.test(redirect);
    else if (comment !== undefined && word === null) end();
    else word = (word ?? '') + (escaped ?? single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? plain ?? all);
  }
  end();
  return commands.filter((words) => words.length > 0);
}
