/** What wixl cannot say and Windows Installer can: rows for its tables, and the times of a file that must not hold any. */

/** Kinds of custom actions: a program that was installed, or one in a folder; as SYSTEM, when the files are in place. */
const [ofFile, inFolder, deferred, asSystem, hiddenTarget] = [18, 34, 1024, 2048, 8192];

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

const action = (name: string, type: number, source: string, target: string) =>
  `INSERT INTO \`CustomAction\` (\`Action\`, \`Type\`, \`Source\`, \`Target\`) VALUES (${[quoted(name), type, quoted(source), quoted(target)].join(', ')})`;

/** @param at between InstallFiles (4000) and InstallServices (5800) */
const step = (name: string, condition: string, at: number) =>
  `INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Condition\`, \`Sequence\`) VALUES (${quoted(name)}, ${quoted(condition)}, ${at})`;

/**
 * Properties of a command line: JOINCODEFILE names a file with a join code, JOINCODE is one (not logged as a property; the
 * command line may be). The credential lies in the data folder, which only SYSTEM and administrators may read.
 */
export const queries: readonly string[] = [
  "INSERT INTO `Property` (`Property`, `Value`) VALUES ('MsiHiddenProperties', 'JOINCODE')",
  "UPDATE `Property` SET `Value` = 'JOINCODE;JOINCODEFILE;WIX_DOWNGRADE_DETECTED;WIX_UPGRADE_DETECTED' WHERE `Property` = 'SecureCustomProperties'",
  action(
    ...(['LockData', inFolder + deferred + asSystem, 'INSTALLDIR'] as const),
    '"[SystemFolder]icacls.exe" "[DATADIR]." /inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F',
  ),
  action(
    ...(['EnrollByFile', ofFile + deferred + asSystem, 'AgentFile'] as const),
    'enroll --if-needed --file "[JOINCODEFILE]"',
  ),
  action(
    ...(['EnrollByCode', ofFile + deferred + asSystem + hiddenTarget, 'AgentFile'] as const),
    'enroll --if-needed [JOINCODE]',
  ),
  step('LockData', 'NOT REMOVE', 4010),
  step('EnrollByFile', 'JOINCODEFILE AND NOT REMOVE', 4020),
  step('EnrollByCode', 'JOINCODE AND NOT JOINCODEFILE AND NOT REMOVE', 4030),
];

/** Of the stream with the summary: [MS-OLEPS] */
const summary = Buffer.from('e0859ff2f94f6810ab9108002b27b3d9', 'hex');
const [revision, created, saved] = [9, 12, 13];
const [textType, timeType] = [0x1e, 0x40];
/** 100 ns since 1601. */
const fileTime = (epoch: number) => (BigInt(epoch) + 11_644_473_600n) * 10_000_000n;

/**
 * wixl writes the time of the build, and makes up an identifier. @param file an msi, changed in place
 * @throws Error where the summary is not as it is written by msitools
 */
export function withoutTimes(file: Buffer, id: string, epoch: number): void {
  const head = file.indexOf(summary);
  if (head < 28 || file.indexOf(summary, head + 1) >= 0) throw new Error('the msi has no summary, or two');
  // 28 bytes of the stream come before, then where its only section begins.
  const section = head - 28 + file.readUInt32LE(head + 16);
  const done = new Set<number>();
  for (let index = 0; index < file.readUInt32LE(section + 4); index++) {
    const property = file.readUInt32LE(section + 8 + index * 8);
    const at = section + file.readUInt32LE(section + 12 + index * 8);
    const type = file.readUInt32LE(at);
    if ((property === created || property === saved) && type === timeType) {
      file.writeBigUInt64LE(fileTime(epoch), at + 4);
      done.add(property);
    }
    if (property === revision && type === textType && file.readUInt32LE(at + 4) === id.length + 3) {
      file.write(`{${id}}`, at + 8, 'latin1');
      done.add(property);
    }
  }
  if (done.size !== 3) throw new Error('the summary of the msi lacks its identifier or its times');
}
