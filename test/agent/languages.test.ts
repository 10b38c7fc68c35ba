/**
 * Text tools of Windows and macOS in other languages and versions than those that were captured. The texts are written
 * after documentation and screenshots of these systems: no machine of ours has printed them.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunResult } from '../../agent/checks/check.ts';
import { parseIoregBattery } from '../../agent/checks/health/battery.ts';
import { parseManageBde } from '../../agent/checks/health/encryption.ts';
import { parseQuser, parseWho } from '../../agent/checks/health/users.ts';
import { windows } from '../../agent/checks/health/windows.ts';
import { parseW32tm } from '../../agent/checks/os/time-sync.ts';
import { parsePower, parseSwapUsage, parseSwVers, parseThermal, parseVmStat } from '../../agent/platform/macos.ts';
import { parseSystemInfo } from '../../agent/platform/windows.ts';
import { trialContext } from '../support/check-context.ts';

const systemInfo = (...lines: string[]) => `\r\n${lines.join('\r\n')}\r\n`;

test('systeminfo: product, build and role, by position', () => {
  const read = (...lines: string[]) => {
    const { product, build, role } = parseSystemInfo(systemInfo(...lines));
    return [product, build, role];
  };
  assert.equal(
    read(
      'Hostname:                                      PC1',
      'Betriebssystemname:                            Microsoft Windows 11 Pro',
      'Betriebssystemversion:                         10.0.22631 Nicht zutreffend Build 22631',
      'Betriebssystemhersteller:                      Microsoft Corporation',
      'Betriebssystemkonfiguration:                   Eigenständige Arbeitsstation',
      'BIOS-Version:                                  HP S70 Ver. 01.05.00, 26.04.2021',
      'Hotfix(es):                                    2 Hotfix(e) installiert.',
      '                                               [01]: KB5031323',
    ),
    ['Microsoft Windows 11 Pro', '22631', 'workstation'],
  );
  assert.equal(
    read(
      'Nom de l’hôte:                              SRV1',
      'Nom du système d’exploitation:              Microsoft Windows Server 2022 Standard',
      'Version du système:                         10.0.20348 N/A version 20348',
      'Fabricant du système d’exploitation:        Microsoft Corporation',
      'Configuration du système d’exploitation:    Serveur membre',
    ),
    ['Microsoft Windows Server 2022 Standard', '20348', 'server'],
  );
  assert.equal(
    read(
      'ホスト名:               PC2',
      'OS 名:                  Microsoft Windows 10 Pro',
      'OS バージョン:          10.0.19045 N/A ビルド 19045',
      'OS 製造元:              Microsoft Corporation',
      'OS 構成:                メンバー ワークステーション',
    ),
    ['Microsoft Windows 10 Pro', '19045', 'workstation'],
  );
  assert.equal(read('ERROR: Access denied', 'OS Name: x'), [null, null, null]);
});

test('systeminfo in the OEM code page, read as UTF-8: what is lost in it decides nothing', () => {
  const oem =
    'Betriebssystemname:   Microsoft Windows 10 Pro\r\nVersion:   10.0.19045 Nicht zutreffend Build 19045\r\n';
  assert.is(parseSystemInfo(`Registrierter Eigent\uFFFDmer\r\n${oem}`).build, '19045');
});

test('w32tm: leap indicator and phase offset, by position', () => {
  const french =
    'Indicateur de dérive : 0(aucun avertissement)\r\nCouche : 3\r\nPrécision : -23 (119.209ns par battement)\r\nDélai de racine : 0,0312500s\r\nDispersion de racine : 7,7701721s\r\nID de référence : 0x14650A4D\r\nDécalage de phase : -0,0123456s\r\nVitesse de l’horloge : 0,0156250s\r\n';
  assert.equal([parseW32tm(french).synced, parseW32tm(french).offset], [true, -0.0123456]);
  const japanese =
    '閏インジケーター: 3 (同期未完了)\r\n階層: 0 (未指定)\r\n精度: -23 (ティックごとに 119.209ns)\r\nルート遅延: 0.0000000s\r\nルート分散: 0.0000000s\r\n';
  assert.is(parseW32tm(japanese).synced, false);
  assert.is(parseW32tm('次のエラーが発生しました: サービスは開始されていません。 (0x80070426)\r\n').synced, null);
  assert.is(
    parseW32tm('Folgender Fehler ist aufgetreten: Der Dienst wurde nicht gestartet. (0x80070426)\r\n').synced,
    null,
  );
});

const volume = (drive: string, percent: string, protection: string, lock: string) =>
  `Volume ${drive} [x]\r\n[x]\r\n\r\n    a:    237,00 GB\r\n    b:    2.0\r\n    c:    x\r\n    d:    ${percent}\r\n    e:    XTS-AES 128\r\n    f:    ${protection}\r\n    g:    ${lock}\r\n`;

test('manage-bde: on is only what is known to mean it', () => {
  const on = (protection: string) => parseManageBde(volume('C:', '100,0 %', protection, 'x'))[0]?.protectionOn;
  for (const words of [
    'Protection On',
    'Der Schutz ist aktiviert.',
    'Protection activée',
    'Protección activada',
    '保護はオンです',
    'Защита включена',
  ])
    assert.is(on(words), true, words);
  for (const words of [
    'Protection Off',
    'Der Schutz ist deaktiviert.',
    'Protection désactivée',
    'Protección desactivada',
    '保護はオフです',
    'Защита выключена',
  ])
    assert.is(on(words), false, words);
  for (const words of ['Beskyttelsen er ikke aktiveret', 'Ochrana neaktivní', 'Suojaus pois', 'Koruma Açık', ''])
    assert.is(on(words), null, words);
  assert.is(parseManageBde(volume('C:', '%100,0', 'x', 'x'))[0]?.percent, 100);
  assert.is(parseManageBde(volume('C:', '340 %', 'x', 'x'))[0]?.percent, null);
});

test('manage-bde in a language that no one here knows: its exit code decides', async () => {
  const codes: Record<string, number> = { 'C:': 0, 'D:': 1, 'E:': -1 };
  const answer = (stdout: string, code: number): RunResult => ({
    code,
    signal: null,
    stdout,
    stderr: '',
    ended: null,
    ms: 1,
  });
  const text = Object.keys(codes)
    .map((drive) => volume(drive, '100 %', 'Koruma', 'Kilitli'))
    .join('\r\n');
  const context = trialContext({
    platform: 'win32',
    run: async (file, args) => {
      if (file !== 'manage-bde.exe') return answer('{"disks":[]}', 0);
      return args.length === 1 ? answer(text, 0) : answer('', codes[args[1] ?? ''] ?? -1);
    },
  });
  const { items } = await windows.read(context);
  assert.equal(
    items.filter(({ kind }) => kind === 'encryption').map(({ name, status }) => [name, status]),
    [
      ['C:', 'ok'],
      ['D:', 'warning'],
      ['E:', 'unknown'],
    ],
  );
});

test('quser: names with blanks, sessions without a name, headings in any language', () => {
  const read = (text: string) => parseQuser(text).map(({ user, line }) => [user, line]);
  assert.equal(
    read(
      ' UTILISATEUR           SESSION            ID  ÉTAT    TEMPS INACT TEMPS SESSION\r\n>marie curie           console             1  Actif       aucun   22/11/2026 09:00\r\n p.dupont                                  3  Déco           5:12  21/11/2026 18:22\r\n svc                   rdp-tcp#12          4  Actif           .  22/11/2026 08:00\r\n',
    ),
    [
      ['marie curie', 'console'],
      ['p.dupont', null],
      ['svc', 'rdp-tcp#12'],
    ],
  );
  assert.equal(
    read(
      'ユーザー名 セッション名 ID 状態\r\n>山田             console             2  Active      なし  2026/11/22 9:00\r\n',
    ),
    [['山田', 'console']],
  );
  assert.equal(read('No User exists for *\r\n'), []);
});

test('who on macOS, with and without a place', () => {
  assert.equal(
    parseWho('alice            console      Nov 22 10:00 \nalice            ttys000      Nov 22 10:01 (192.0.2.7)\n'),
    [
      { user: 'alice', line: 'console', from: null },
      { user: 'alice', line: 'ttys000', from: '192.0.2.7' },
    ],
  );
});

test('pmset: mains, battery, UPS, and no battery at all', () => {
  const on = (text: string) => parsePower(text).onBattery;
  assert.is(
    on("Now drawing from 'AC Power'\n -InternalBattery-0 (id=4653155)\t100%; charged; 0:00 remaining present: true\n"),
    false,
  );
  assert.is(
    on(
      "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=4653155)\t41%; discharging; (no estimate) present: true\n",
    ),
    true,
  );
  assert.is(on("Now drawing from 'UPS Power'\n -Back-UPS\t98%; discharging; 0:40 remaining present: true\n"), true);
  assert.is(on("Now drawing from 'AC Power'\n"), false);
  assert.is(on(''), null);
});

test('pmset -g therm of Intel, with its tabs; of Apple silicon nothing is known', () => {
  const intel =
    'Note: No thermal warning level has been recorded\nNote: No performance warning level has been recorded\n2026-11-22 10:00:00 +0900 CPU Power notify\n\tCPU_Scheduler_Limit \t= 100\n\tCPU_Available_CPUs \t= 8\n\tCPU_Speed_Limit \t= 62\n';
  assert.is(parseThermal(intel).speedLimitPercent, 62);
  assert.is(parseThermal('Note: No CPU power status has been recorded\n').speedLimitPercent, null);
});

test('ioreg: a battery of Apple silicon, whose own data stand on one line', () => {
  const battery = parseIoregBattery(
    '+-o AppleSmartBattery  <class AppleSmartBattery, id 0x100000300>\n    {\n      "BatteryData" = {"Voltage"=12345,"CycleCount"=97,"DesignCapacity"=4563,"StateOfCharge"=80}\n      "MaxCapacity" = 100\n      "CurrentCapacity" = 80\n      "AppleRawCurrentCapacity" = 3375\n      "AppleRawMaxCapacity" = 4219\n      "DesignCapacity" = 4563\n      "IsCharging" = No\n      "CycleCount" = 97\n    }\n',
  );
  assert.equal([battery?.healthPercent, battery?.chargePercent, battery?.cycles], [92.5, 80, 97]);
  assert.is(parseIoregBattery(''), null);
});

test('sw_vers, vm_stat and swap of other versions', () => {
  assert.equal(
    parseSwVers('ProductName:\tMac OS X\nProductVersion:\t10.15.7\nBuildVersion:\t19H2026\n').version,
    '10.15.7',
  );
  assert.equal(
    parseSwVers('ProductName:\t\tmacOS\nProductVersion:\t\t26.1\nProductVersionExtra:\t(a)\nBuildVersion:\t\t25B78\n')
      .version,
    '26.1 (a)',
  );
  const stat = (size: number) =>
    `Mach Virtual Memory Statistics: (page size of ${size} bytes)\nPages free:                               100.\nPages inactive:                           200.\n`;
  assert.equal(
    [parseVmStat(stat(4096)).availableBytes, parseVmStat(stat(16_384)).availableBytes],
    [300 * 4096, 300 * 16_384],
  );
  assert.equal(
    parseSwapUsage('total = 3072,00M  used = 1811,25M  free = 1260,75M  (encrypted)').usedBytes,
    1811.25 * 1024 ** 2,
  );
});

test.run();
