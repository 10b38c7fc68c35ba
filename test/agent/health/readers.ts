/** Every parser of health, of own checks, and of property lists, each with a real sample: see ../readers.ts. */
import { parseJsonAnswer } from '../../../agent/checks/custom/json.ts';
import { parsePerformance, parsePlugin, parseRange } from '../../../agent/checks/custom/nagios.ts';
import { judgeAntivirus, parseClamHeader, parseDefender } from '../../../agent/checks/health/antivirus.ts';
import { judgeBattery, parseIoregBattery } from '../../../agent/checks/health/battery.ts';
import { parseCertificates } from '../../../agent/checks/health/certificates.ts';
import {
  localMounts,
  parseBitLockerWmi,
  parseFdesetup,
  parseManageBde,
} from '../../../agent/checks/health/encryption.ts';
import {
  judgeWindowsFirewall,
  parseIptablesRules,
  parseMacFirewall,
  parseNftRuleset,
  parsePf,
  parseUfwConf,
} from '../../../agent/checks/health/firewall.ts';
import {
  judgeUnits,
  judgeWindowsServices,
  parseCrashed,
  parseLaunchctl,
  parseUnits,
} from '../../../agent/checks/health/services.ts';
import { parseQuser, parseSystemdSession, parseWho } from '../../../agent/checks/health/users.ts';
import { endedCleanly, parseUtmp } from '../../../agent/checks/os/utmp.ts';
import { looseJson, objectsOf } from '../../../agent/checks/parse.ts';
import { parsePlist } from '../../../agent/checks/plist.ts';
import { unescapeXml } from '../../../agent/checks/xml.ts';
import type { TextReader } from '../readers.ts';

/** A battery that holds 44 % of what it held when new. */
const ioreg =
  '  | {\n  |   "DesignCapacity" = 5103\n  |   "AppleRawMaxCapacity" = 2250\n  |   "MaxCapacity" = 44\n  |   "CurrentCapacity" = 80\n  |   "CycleCount" = 1034\n  |   "IsCharging" = No\n  | }\n';
const manageBde =
  'Volume C: [OS]\n[OS Volume]\n\n    Size:                 475.34 GB\n    BitLocker Version:    2.0\n    Conversion Status:    Fully Encrypted\n    Percentage Encrypted: 100.0%\n    Encryption Method:    XTS-AES 128\n    Protection Status:    Protection Off\n    Lock Status:          Unlocked\n';
const bitLocker = '[{"DriveLetter":"C:","ProtectionStatus":0,"ConversionStatus":1,"EncryptionMethod":6}]';
const nft =
  '{"nftables":[{"chain":{"family":"ip","table":"f","name":"INPUT","hook":"input","policy":"accept"}},{"chain":{"family":"ip","table":"f","name":"FORWARD","hook":"forward","policy":"drop"}},{"rule":{"family":"ip","table":"f","chain":"INPUT","expr":[{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":"192.0.2.1"}},{"drop":null}]}}]}';
const iptables =
  '-P INPUT ACCEPT\n-P FORWARD DROP\n-N f2b-sshd\n-A INPUT -p tcp -m multiport --dports 22 -m comment --comment "the \\" ones" -j f2b-sshd\n-A f2b-sshd -s 192.0.2.7/32 -j REJECT\n-A INPUT -m conntrack --ctstate INVALID -j DROP\n';
const unit =
  'Type=simple\nRemainAfterExit=no\nExecMainCode=1\nExecMainStatus=3\nResult=exit-code\nId=web.service\nNames=web.service\nLoadState=loaded\nActiveState=failed\nSubState=failed\nUnitFileState=enabled\nConditionResult=yes\n';
const defender = '[{"AntivirusEnabled":false,"RealTimeProtectionEnabled":false,"AntivirusSignatureAge":1}]';
const profiles =
  '[{"Name":"Domain","Enabled":1,"DefaultInboundAction":4,"Active":false},{"Name":"Public","Enabled":0,"DefaultInboundAction":4,"Active":true}]';
const utmp = Buffer.alloc(2 * 384, 'a');
utmp.writeInt16LE(2, 0);
utmp.writeInt32LE(1_700_000_000, 340);
utmp.writeInt16LE(2, 384);
utmp.writeInt32LE(1_700_001_000, 384 + 340);

const list = (text: string) => objectsOf(looseJson(text));
const bytes = (text: string) => parseUtmp(Buffer.from(text, 'latin1'));

export const healthReaders: TextReader[] = [
  {
    name: 'ClamAV',
    sample: 'ClamAV-VDB:21 Nov 2026 08-20 +0000:27000:2:90:X:X:x:1',
    parse: parseClamHeader,
  },
  {
    name: 'Defender',
    sample: defender,
    parse: (text) => list(text).map(parseDefender),
    isGood: (text) => list(text).some((record) => judgeAntivirus(parseDefender(record)).status === 'ok'),
  },
  {
    name: 'ioreg, battery',
    sample: ioreg,
    parse: parseIoregBattery,
    isGood: (text) => {
      const battery = parseIoregBattery(text);
      return battery !== null && judgeBattery(battery).status === 'ok';
    },
  },
  {
    name: 'certificates',
    sample: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
    parse: parseCertificates,
  },
  {
    name: 'fdesetup',
    sample: 'FileVault is Off.\nDecryption in progress: Percent completed = 42\n',
    parse: parseFdesetup,
    isGood: (text) => parseFdesetup(text).enabled === true,
  },
  {
    name: 'BitLocker',
    sample: bitLocker,
    parse: parseBitLockerWmi,
    isGood: (text) => parseBitLockerWmi(text).some((volume) => volume.protectionOn === true),
  },
  {
    name: 'manage-bde',
    sample: manageBde,
    parse: parseManageBde,
    isGood: (text) => parseManageBde(text).some((volume) => volume.protectionOn === true),
  },
  {
    name: 'local mounts',
    sample: '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n',
    parse: localMounts,
  },
  {
    name: 'ufw.conf',
    sample: '# x\nENABLED=no\n',
    parse: parseUfwConf,
    isGood: (text) => parseUfwConf(text).on === true,
  },
  {
    name: 'nft',
    sample: nft,
    parse: parseNftRuleset,
    isGood: (text) => parseNftRuleset(text).on === true,
  },
  {
    name: 'iptables',
    sample: iptables,
    parse: parseIptablesRules,
    isGood: (text) => parseIptablesRules(text).on === true,
  },
  {
    name: 'socketfilterfw',
    sample: 'Firewall is disabled. (State = 0)\n',
    parse: parseMacFirewall,
    isGood: (text) => parseMacFirewall(text).on === true,
  },
  {
    name: 'pfctl -s info',
    sample: 'Status: Disabled for 0 days 00:00:14           Debug: Urgent\n',
    parse: (text) => parsePf(text, 'block drop in all\n'),
    isGood: (text) => parsePf(text, 'block drop in all\n').on === true,
  },
  {
    name: 'pfctl -s rules',
    sample:
      'scrub-anchor "com.apple/*" all fragment reassemble\nblock drop in from <bad> to any\npass in all keep state\n',
    parse: (text) => parsePf('Status: Enabled for 3 days\n', text),
    isGood: (text) => parsePf('Status: Enabled for 3 days\n', text).on === true,
  },
  {
    name: 'firewall of Windows',
    sample: profiles,
    parse: (text) => judgeWindowsFirewall(list(text)),
    isGood: (text) => judgeWindowsFirewall(list(text)).on === true,
  },
  {
    name: 'systemctl show',
    sample: unit,
    parse: (text) => judgeUnits(parseUnits(text)),
    isGood: (text) => parseUnits(text).length > 0 && judgeUnits(parseUnits(text)).length === 0,
  },
  { name: 'rc-status', sample: ' nginx   [ crashed ]\nsshd\n', parse: parseCrashed },
  { name: 'launchctl', sample: 'PID\tStatus\tLabel\n-\t78\torg.example.job\n', parse: parseLaunchctl },
  {
    name: 'services of Windows',
    sample: '[{"Name":"Spooler","State":"Stopped","ExitCode":1067,"Triggered":false}]',
    parse: (text) => judgeWindowsServices(list(text)),
  },
  {
    name: 'session of systemd',
    sample: 'USER=alice\nCLASS=user\nSTATE=active\nTTY=pts/0\n',
    parse: parseSystemdSession,
  },
  { name: 'who', sample: 'alice    console  Nov 22 10:00 \nbob  ttys001  Nov 22 10:01 (192.0.2.7)\n', parse: parseWho },
  {
    name: 'quser',
    sample:
      ' USERNAME  SESSIONNAME  ID  STATE\n>alice  console  1  Active  none  11/22/2026 9:00 AM\n bob     2  Disc\n',
    parse: parseQuser,
  },
  {
    name: 'utmp',
    sample: utmp.toString('latin1'),
    parse: bytes,
    isGood: (text) => endedCleanly(bytes(text)) === true,
  },
  {
    name: 'property list, XML',
    sample:
      '<?xml version="1.0"?>\n<!-- x -->\n<plist version="1.0"><dict><key>a &amp; b</key><array><integer>4</integer><true/></array></dict></plist>\n',
    parse: parsePlist,
  },
  {
    name: 'property list, old style',
    sample: '{\n  Running = 1;\n  "Last Run" = "a \\"b\\"";\n  List = ( 1, 2 );\n}\n',
    parse: parsePlist,
  },
  { name: 'XML entities', sample: 'a &lt;b&gt; &#233; &#xe9; &amp;', parse: unescapeXml },
  {
    name: 'plugin',
    sample: "DISK CRITICAL | /=5MB;1;2;0;10 'a b'=1,5s;~:20\nmore | c=U\n",
    parse: (text) => parsePlugin(text, '', 2),
    isGood: (text) => parsePlugin(text, '', 2).status === 0,
  },
  { name: 'performance data', sample: "/=5MB;1;2;0;10 'it''s'=1,5e3s;~:20 c=U", parse: parsePerformance },
  { name: 'range', sample: '~:20.5', parse: (text) => parseRange(text) },
  {
    name: 'JSON of an own check',
    sample: '{"message":"m","metrics":{"a":{"value":3,"warn":"2"}},"status":"critical"}',
    parse: (text) => parseJsonAnswer(text, '', 0),
    isGood: (text) => parseJsonAnswer(text, '', 0).status === 0,
  },
];
