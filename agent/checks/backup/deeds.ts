/**
 * What a command does to backups: makes one, verifies one, or neither. `run-backup` takes a good exit code for a backup,
 * and `restic snapshots`, `borg list` and every dry run have good ones too. One entry per program; of a program that is
 * not here nothing is assumed.
 */
import { clip, type Reason, reason } from '../../../shared/reason.ts';
import { linesIn } from '../parse.ts';
import { type Call, callsOf, programName } from './shell-words.ts';

interface ParsedCommand {
  args: readonly string[];
  /** Without options and their values. */
  words: string[];
  /** Options that were given, long ones without their value. */
  options: ReadonlySet<string>;
}

interface Program {
  names: string;
  /** Options that take the next word as their value. */
  values?: string;
  /** Dry-run options: the command only prints what it would do. */
  dry?: string;
  /** Its long options begin with one dash, so that `-threads` is no cluster of letters. */
  oneDash?: true;
  /** Commands that make a backup, that read one back or check it, and the others: each is one word or two. */
  saves?: string;
  verifies?: string;
  others?: string;
  /** Where commands are not words. */
  reads?(line: ParsedCommand): Partial<Pick<Deed, 'saves' | 'verifies'>> & { label?: string; dry?: string | null };
}

export interface Deed {
  /** The command in short, for people: `restic snapshots`. */
  label: string;
  program: string;
  args: string[];
  saves: boolean;
  verifies: boolean;
  /** The option that makes it a dry run. */
  dry: string | null;
  /** Nothing is known of the program, so that its exit code decides. */
  unknown: boolean;
}

const both = { saves: true, verifies: true };
const neither = { saves: false, verifies: false };
const restoring = { saves: false, verifies: true };
const saving = { saves: true, verifies: false };

const programs: readonly Program[] = [
  {
    names: 'restic rustic',
    values:
      '-r --repo --repository --repository-file -p --password-file --password-command --cache-dir --cacert --tls-client-cert --limit-upload --limit-download -o --option --key-hint --compression --pack-size --retry-lock --http-user-agent -e --exclude --iexclude --exclude-file --files-from --tag -H --host --parent --time --stdin-filename -P --use-profile',
    dry: '-n --dry-run',
    saves: 'backup copy',
    verifies: 'check restore dump',
    others:
      'cache cat completion config diff features find forget generate help init key list ls merge migrate mount options prune rebuild-index recover repair repoinfo rewrite self-update snapshots stats tag unlock version webdav',
  },
  {
    names: 'borg',
    values:
      '-r --repo --rsh --remote-path --upload-ratelimit --remote-ratelimit --upload-buffer --umask --lock-wait --debug-profile --debug-topic -C --compression -e --exclude --exclude-from --pattern --patterns-from -c --checkpoint-interval --comment --timestamp --chunker-params --filter --files-cache --stdin-name',
    dry: '-n --dry-run',
    saves: 'create import-tar transfer',
    verifies: 'check extract export-tar',
    others:
      'benchmark break-lock compact config debug delete diff help info init key list mount prune rcreate rdelete recreate rename repo-create repo-delete repo-info repo-list repo-space rinfo rlist serve tag umount undelete upgrade version with-lock',
    // `borg extract --dry-run` reads and checks everything, and writes nothing.
    reads: ({ words }) => (words.includes('extract') ? { dry: null } : {}),
  },
  {
    names: 'borgmatic',
    values: '-c --config --syslog-verbosity --log-file --override --repository -a --archive --log-file-verbosity',
    dry: '-n --dry-run',
    reads({ words, options }) {
      const asked = [...words, ...[...options].map((one) => one.replace(/^--/, ''))];
      const known = asked.filter((one) =>
        /^(create|prune|compact|check|list|info|extract|restore|mount|umount|borg|config|init|key|break-lock|transfer|export-tar|delete|r(epo-)?(create|list|info|delete))$/.test(
          one,
        ),
      );
      const label = ['borgmatic', known[0]].filter(Boolean).join(' ');
      const verifies = known.some((one) => /^(check|extract|restore)$/.test(one));
      return { label: label, saves: known.length === 0 || known.includes('create') || options.has('-C'), verifies };
    },
  },
  {
    names: 'kopia',
    values: '--config-file --log-level --file-log-level --log-dir -p --password --description --tags --parallel',
    dry: '--dry-run',
    saves: 'snapshot create|snap create|repository sync-to|repo sync-to',
    verifies: 'snapshot verify|snap verify|snapshot restore|snap restore|restore',
    others:
      'acl benchmark blob cache content diff help index list ls logs maintenance manifest mount notification policy repository repo server session show snapshot snap user',
  },
  {
    names: 'duplicity',
    values:
      '--encrypt-key --sign-key --hidden-encrypt-key --name --archive-dir --tempdir --full-if-older-than --exclude --include --exclude-filelist --include-filelist --volsize --file-prefix -v --verbosity --log-file --ssh-options --rsync-options --gpg-options -t --time --restore-time -r --file-to-restore --path-to-restore --num-retries --timeout --backend-retry-delay',
    dry: '--dry-run',
    saves: 'backup full inc incr incremental replicate',
    verifies: 'restore verify',
    others:
      'cleanup collection-status col list list-current-files remove-older-than remove-all-but-n-full remove-all-inc-of-but-n-full',
    // Without a command the order of the two places decides: from a repository is a restore.
    reads({ words }) {
      if (words.length < 2) return {};
      return { label: 'duplicity', ...(/^[a-z][\w+-]*:\/\//i.test(words[0] ?? '') ? restoring : saving) };
    },
  },
  {
    names: 'duply',
    dry: '--dry-run --preview',
    reads({ words }) {
      const asked = words[1]?.split(/[-_+]/) ?? [];
      const any = (pattern: RegExp) => asked.some((one) => pattern.test(one));
      const label = ['duply', words[1]].filter(Boolean).join(' ');
      return {
        label: label,
        saves: any(/^(backup|bkp|full|incr|dupl)$/),
        verifies: any(/^(verify|verifypath|restore|fetch)$/i),
      };
    },
  },
  {
    names: 'duplicati-cli duplicati.commandline',
    dry: '--dry-run --dryrun',
    saves: 'backup',
    verifies: 'restore test',
    others:
      'affected compact compare create-report delete examples find help list list-affected list-broken-files list-filesets purge purge-broken-files repair send-mail system-info test-filters vacuum',
  },
  {
    names: 'rsnapshot',
    values: '-c',
    dry: '-t',
    reads: ({ words: [word = 'without a level'] }) => ({
      label: `rsnapshot ${word}`,
      ...(/^(without a level|configtest|du|diff|help|man|version|version_only|upgrade-config-file|get-latest-snapshot)$/.test(
        word,
      )
        ? neither
        : saving),
    }),
  },
  {
    names: 'vzdump',
    oneDash: true,
    reads: ({ words, options }) =>
      options.has('--stop') || options.has('-stop') || words[0] === 'help' ? neither : saving,
  },
  {
    names: 'rsync',
    values:
      '-e --rsh -f --filter --exclude --include --exclude-from --include-from --files-from -T --temp-dir -B -M --log-file --link-dest --compare-dest --copy-dest --backup-dir --suffix --bwlimit --port --password-file --partial-dir --chown --chmod --out-format --max-size --min-size --timeout --contimeout --rsync-path --info --debug',
    dry: '-n --dry-run --list-only',
    // With one place only it lists what is there. A copy back is a restore, and a dry run with checksums a comparison.
    reads: ({ words, options }) => ({
      saves: words.length > 1 || options.has('--files-from'),
      verifies: words.length > 1,
    }),
  },
  {
    names: 'rclone',
    values:
      '--config --filter --filter-from --include --exclude --exclude-from --include-from --transfers --bwlimit --log-file --log-level --backup-dir --checkers --max-age --min-age',
    dry: '-n --dry-run',
    saves: 'copy copyto sync move moveto bisync rcat',
    verifies: 'check cryptcheck checksum copy copyto sync',
    others:
      'about backend cat cleanup config completion dedupe delete deletefile genautocomplete hashsum help link listremotes ls lsd lsf lsjson lsl md5sum mkdir mount ncdu obscure purge rc rcd rmdir rmdirs serve settier sha1sum size test touch tree version',
  },
  {
    names: 'tar gtar bsdtar tarsnap star',
    values:
      '-C --directory --exclude -X --exclude-from -T --files-from -g --listed-incremental -f --file -b --keyfile --cachedir -I --use-compress-program',
    dry: '--dry-run',
    reads: tarDeed,
  },
  {
    names: 'robocopy xcopy',
    reads({ words, options }) {
      const dry = [...words, ...options].find((word) => /^\/l$/i.test(word)) ?? null;
      return { ...both, dry, ...(words.some((word) => word === '/?') ? neither : {}) };
    },
  },
  {
    names: 'proxmox-backup-client',
    values: '--repository --keyfile --ns --crypt-mode',
    dry: '--dry-run',
    saves: 'backup',
    verifies: 'restore',
    others:
      'benchmark catalog change-owner garbage-collect group help key list login logout map mount namespace prune snapshot snapshots status task unmap upload-log version',
  },
  {
    names: 'pgbackrest',
    dry: '--dry-run',
    saves: 'backup archive-push',
    verifies: 'check restore verify',
    others:
      'annotate archive-get expire help info repo-get repo-ls server stanza-create stanza-delete stanza-upgrade start stop version',
  },
  {
    names: 'barman',
    values: '-c --config',
    saves: 'backup',
    verifies: 'check-backup recover restore verify verify-backup',
    others:
      'archive-wal check cron delete diagnose list-backup list-backups list-files list-server list-servers show-backup show-server status sync-info switch-wal',
  },
  {
    names: 'duplicacy',
    oneDash: true,
    dry: '-dry-run -d',
    saves: 'backup copy',
    verifies: 'check restore',
    others: 'add benchmark cat diff help history info init list password prune set',
  },
  {
    names: 'btrbk',
    values: '-c --config --exclude --lockfile',
    dry: '-n --dry-run',
    saves: 'run resume archive snapshot',
    verifies: '',
    others: 'clean config diff dryrun extents list ls origin prune stats usage',
  },
  {
    names: 'wbadmin',
    oneDash: true,
    saves: 'start backup|start systemstatebackup',
    verifies: 'start recovery|start sysrecovery|start systemstaterecovery',
    others: 'delete disable enable get restore start stop',
  },
  {
    names: 'tmutil',
    oneDash: true,
    // Without --block it only asks for a backup, and ends before there is one.
    reads({ words: [word = ''], options }) {
      const waits = options.has('--block') || options.has('-b');
      return {
        label: `tmutil ${word}`,
        saves: word === 'startbackup' && waits,
        verifies: /^(restore|verifychecksums)$/.test(word),
      };
    },
  },
];

const byName = new Map(programs.flatMap((one) => one.names.split(' ').map((name) => [name, one] as const)));
const listed = (text = '', parted = / /) => text.split(text.includes('|') ? '|' : parted).filter(Boolean);

/** Options and words apart. A cluster such as `-avn` ends at a letter that takes a value. `--dry-run=false` is not given. */
function lineOf(args: readonly string[], { values = '', oneDash }: Program): ParsedCommand {
  const taking = new Set(values.split(' '));
  const words: string[] = [];
  const options = new Set<string>();
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] as string;
    if (word === '--') {
      words.push(...args.slice(at + 1));
      break;
    }
    const [name = '', value = ''] = word.split('=');
    if (!/^-./.test(word)) words.push(word);
    else if (taking.has(word)) at += 1;
    else if (/^(false|0|no|f)$/i.test(value)) continue;
    else if (oneDash || word.startsWith('--')) options.add(name);
    else if (cluster(word, taking, options)) at += 1;
  }
  return { args, words, options };
}

/** @returns whether its last letter takes the next word */
function cluster(word: string, taking: ReadonlySet<string>, options: Set<string>): boolean {
  for (let at = 1; at < word.length; at += 1) {
    const option = `-${word[at]}`;
    if (taking.has(option)) return at === word.length - 1;
    options.add(option);
  }
  return false;
}

/** tar's mode is a letter, also without a dash in the first word. An archive written to /dev/null saves nothing. */
function tarDeed({ args, words, options }: ParsedCommand): ReturnType<NonNullable<Program['reads']>> {
  const old = options.size === 0 || ![...options].some((one) => /^-[cruAxtd]$/.test(one)) ? (words[0] ?? '') : '';
  const modes = [...options, ...(/^[a-zA-Z]+$/.test(old) ? [...old].map((letter) => `-${letter}`) : [])];
  const has = (...names: string[]) => names.some((name) => modes.includes(name));
  const saves = has('-c', '--create', '-r', '--append', '-u', '--update', '-A', '--catenate', '--concatenate');
  const reads = has('-t', '--list', '-x', '--extract', '--get', '-d', '--diff', '--compare');
  const label = has('-t', '--list') ? 'tar --list' : reads ? 'tar --extract' : 'tar';
  const thrown = args.find((word) => /(^|=|f)\/dev\/null$/.test(word));
  return { label: label, saves: saves && !reads, verifies: reads, ...(thrown && saves ? { dry: thrown } : {}) };
}

function deedOf({ program: path, args }: Call): Deed {
  const name = programName(path);
  const program = byName.get(name);
  const blank = { program: path, args, label: name, dry: null };
  if (!program) return { ...blank, ...both, unknown: true };
  const line = lineOf(args, program);
  const lists = [program.saves, program.verifies, program.others].map((text) => listed(text));
  const at = line.words.findIndex((word, n) =>
    lists.some((list) => list.includes(word) || list.includes(`${word} ${line.words[n + 1]}`)),
  );
  const two = `${line.words[at]} ${line.words[at + 1]}`;
  const label = lists.some((list) => list.includes(two)) ? two : (line.words[at] ?? '');
  const [saves, verifies] = lists.map((list) => list.includes(label));
  const dry = listed(program.dry).find((option) => line.options.has(option)) ?? null;
  const found = at >= 0;
  const own = program.reads && (!found || name === 'borg') ? program.reads(line) : {};
  const help = ['--help', '--version'].some((option) => line.options.has(option));
  // A command that is in no list may be a newer one: its exit code decides.
  const open = !found && line.words.length > 0 && own.saves === undefined;
  return {
    ...{ ...blank, label: [name, label].filter(Boolean).join(' '), dry, unknown: open },
    ...{ saves: saves ?? false, verifies: verifies ?? false, ...own },
    ...(help ? { ...neither, unknown: false } : open ? both : {}),
  };
}

/** Commands that change nothing outside of their script. */
const harmless =
  /^(\[|\.|cd|date|echo|exit|export|false|grep|head|id|jq|local|logger|ls|mail|mkdir|mount|mountpoint|printf|pwd|read|set|shift|sleep|sort|source|sync|tail|tee|test|trap|true|ulimit|umask|umount|unset|wait|wc|whoami)$/;

/** What the command line does, call by call; empty when it is only such as change nothing. */
export function deedsOf(command: string, args: readonly string[]): Deed[] {
  return callsOf([command, ...args])
    .map(deedOf)
    .filter(({ program, unknown }) => !unknown || !harmless.test(programName(program)));
}

/** Lines that only a dry run prints, and what the same program prints of a real run, which then counts. */
const dryLines: readonly [dry: RegExp, real: RegExp | null][] = [
  [
    /^Would (?:add|be added) to the repo(?:sitory)?:|"dry_run":\s?true/,
    /^snapshot [0-9a-f]{8,64} saved$|"snapshot_id":"[0-9a-f]/,
  ],
  [/speedup is [\d.,]+ \(DRY RUN\)$/, /speedup is [\d.,]+$/],
  [/as --dry-run is set/, null],
  [/^\[Dryrun\]/, null],
  // Robocopy repeats its options.
  [/^[^:]{3,20}: .*\s\/L\s.*\/[RW]:\d/, null],
];

function dryLineIn(output: string): string | null {
  const lines = linesIn(output);
  for (const [dry, real] of dryLines) {
    const label = lines.find((line) => dry.test(line));
    if (label !== undefined && !lines.some((line) => real?.test(line) && !dry.test(line))) return label;
  }
  return null;
}

/** Why the command made no backup although it ended well, and what to do; null when it may have made one. */
export function whyNothingSaved(deeds: readonly Deed[], output: string): Reason[] | null {
  const line = dryLineIn(output);
  if (line !== null) return [reason('nothing_saved_dry_output', { line: clip(line, 120) }), reason('drop_dry_option')];
  if (deeds.length === 0 || deeds.some(({ saves, dry }) => saves && dry === null)) return null;
  const tried = deeds.find(({ saves }) => saves);
  if (tried)
    return [reason('nothing_saved_dry', { command: tried.label, option: tried.dry }), reason('drop_dry_option')];
  const deed = deeds.find(({ verifies }) => verifies) ?? (deeds[0] as Deed);
  const name = programName(deed.program);
  const [saving] = listed(byName.get(name)?.saves);
  return [
    reason('nothing_saved', { command: deed.label }),
    saving === undefined ? reason('give_any_command') : reason('give_command', { example: `${name} ${saving}` }),
    reason(deed.verifies ? 'record_with_verify' : 'run_without_run_backup'),
  ];
}

/** Why the command verified nothing although it ended well, and what to do; null when it may have. */
export function whyNothingVerified(deeds: readonly Deed[]): Reason[] | null {
  if (
    deeds.length === 0 ||
    deeds.some(({ verifies, dry, program }) => verifies && (dry === null || programName(program) === 'rsync'))
  )
    return null;
  const deed = deeds[0] as Deed;
  const command = [deed.label, deed.dry].filter(Boolean).join(' ');
  return [reason('nothing_verified', { command }), reason('give_verify_restore')];
}
