/** What speaks SNMP v2c or v3: it answers, how long it has run, and what its interfaces, battery or supplies are like. */
import { isIP } from 'node:net';
import snmpLibrary, { type Session, type Varbind } from 'net-snmp';
import { settingOf, type TargetSettings } from '../target.ts';
import { type TargetContext, type TargetKind, TargetProblem } from './kind.ts';
import { addressOf } from './ping.ts';
import { readInterfaces, readPrinter, readUps, type SnmpRead } from './snmp-mibs.ts';

const sysUpTime = '1.3.6.1.2.1.1.3.0';
const sysName = '1.3.6.1.2.1.1.5.0';

export const snmp: TargetKind = {
  kind: 'snmp',
  async check(settings: TargetSettings, context: TargetContext) {
    const session = openSession(await addressOf(String(settings.host), context), settings, context.timeoutMs);
    // A second time it would throw.
    let isOpen = true;
    const close = () => {
      if (isOpen) session.close();
      isOpen = false;
    };
    context.signal.addEventListener('abort', close);
    // Met by whoever asks, below.
    session.on('error', () => {});
    try {
      const read = readOver(session);
      const startedAt = context.monotonic();
      const [ticks, name] = await read.get([sysUpTime, sysName]);
      const total_ms = Math.round((context.monotonic() - startedAt) * 100) / 100;
      const fields = { total_ms, ...(typeof ticks === 'number' ? { uptime: Math.floor(ticks / 100) } : {}) };
      const wants = (part: string) => settingOf<boolean>('snmp', settings, part) === true;
      const more = [
        ...(wants('interfaces') ? await readInterfaces(read) : []),
        ...(wants('ups') ? await readUps(read) : []),
        ...(wants('printer') ? await readPrinter(read) : []),
      ];
      return { fields, more, ...(typeof name === 'string' && name !== '' ? { detail: name } : {}) };
    } catch (thrown) {
      throw problemOf(thrown);
    } finally {
      close();
    }
  },
};

function openSession(address: string, settings: TargetSettings, timeoutMs: number): Session {
  const port = settingOf<number>('snmp', settings, 'port') ?? 161;
  const transport = isIP(address) === 6 ? 'udp6' : 'udp4';
  // A datagram may be lost: asked twice within the time.
  const common = { port, transport, timeout: Math.floor(timeoutMs / 3), retries: 1, backwardsGetNexts: false };
  if (settingOf<string>('snmp', settings, 'version') !== '3')
    return snmpLibrary.createSession(address, String(settings.community), {
      ...common,
      version: snmpLibrary.Version2c,
    });
  return snmpLibrary.createV3Session(address, userOf(settings), { ...common, version: snmpLibrary.Version3 });
}

function userOf(settings: TargetSettings) {
  const { AuthProtocols, PrivProtocols, SecurityLevel } = snmpLibrary;
  const auth = settingOf<'none' | 'md5' | 'sha' | 'sha256' | 'sha512'>('snmp', settings, 'auth') ?? 'none';
  const privacy = settingOf<'none' | 'des' | 'aes' | 'aes256b'>('snmp', settings, 'privacy') ?? 'none';
  const name = String(settings.user);
  if (auth === 'none') return { name, level: SecurityLevel.noAuthNoPriv };
  const authenticated = { name, authProtocol: AuthProtocols[auth], authKey: String(settings.auth_key) };
  if (privacy === 'none') return { ...authenticated, level: SecurityLevel.authNoPriv };
  const privKey = String(settings.privacy_key);
  return { ...authenticated, level: SecurityLevel.authPriv, privProtocol: PrivProtocols[privacy], privKey };
}

function problemOf(thrown: unknown): unknown {
  const { name, message } = thrown as Error;
  if (name === 'RequestTimedOutError') return new TargetProblem('timeout', 'no answer to SNMP');
  // Also what a v3 device says of a wrong user or key; v2c with a wrong community says nothing at all.
  if (/auth|digest|user ?name|decrypt|Unknown user|Wrong/i.test(message))
    return new TargetProblem('login_refused', message);
  return thrown;
}

function readOver(session: Session): SnmpRead {
  const value = (varbind: Varbind): number | string | null => {
    if (snmpLibrary.isVarbindError(varbind)) return null;
    const { value: given } = varbind;
    if (typeof given === 'number') return given;
    if (typeof given === 'bigint') return Number(given);
    // Counter64 comes as its bytes.
    if (Buffer.isBuffer(given))
      return varbind.type === snmpLibrary.ObjectType.Counter64
        ? Number(BigInt(`0x${given.toString('hex') || '0'}`))
        : given.toString('utf8');
    return typeof given === 'string' ? given : null;
  };
  return {
    get: (oids) =>
      new Promise((resolve, reject) => {
        session.get([...oids], (error, varbinds) => (error ? reject(error) : resolve((varbinds ?? []).map(value))));
      }),
    walk: (oid, most) =>
      new Promise((resolve, reject) => {
        const found = new Map<string, number | string>();
        session.subtree(
          oid,
          20,
          (varbinds) => {
            for (const one of varbinds) {
              const read = value(one);
              if (read !== null) found.set(one.oid.slice(oid.length + 1), read);
            }
            // A device that never ends its table is not read for ever.
            return found.size >= most;
          },
          (error) => (error ? reject(error) : resolve(found)),
        );
      }),
  };
}
