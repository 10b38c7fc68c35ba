/** macOS only: pure parsers of its small tools. All total: null for what is not there, never 0. */

const numberOf = (text: string | undefined): number | null => {
  const value = text === undefined || text === '' ? Number.NaN : Number(text.replace(',', '.'));
  return Number.isFinite(value) ? value : null;
};

export interface VmStat {
  pageSize: number | null;
  freeBytes: number | null;
  activeBytes: number | null;
  inactiveBytes: number | null;
  speculativeBytes: number | null;
  wiredBytes: number | null;
  compressedBytes: number | null;
  purgeableBytes: number | null;
  /** free + inactive + speculative. `os.freemem()` counts only free pages: a healthy Mac would read 95–99 % used. */
  availableBytes: number | null;
}

/** `vm_stat`. The page size comes from its first line: 16384 on Apple silicon, 4096 on Intel. */
export function parseVmStat(text: string): VmStat {
  const lines = text.split('\n');
  const pageSize = numberOf(/page size of (\d+) bytes/.exec(text)?.[1]);
  const bytes = (label: string) => {
    const line = lines.find((one) => one.startsWith(`${label}:`))?.slice(label.length + 1);
    const pages = numberOf(/^(\d+)\.?$/.exec(line?.trim() ?? '')?.[1]);
    return pages === null || pageSize === null ? null : pages * pageSize;
  };
  const freeBytes = bytes('Pages free');
  const inactiveBytes = bytes('Pages inactive');
  const speculativeBytes = bytes('Pages speculative');
  return {
    pageSize,
    freeBytes,
    inactiveBytes,
    speculativeBytes,
    activeBytes: bytes('Pages active'),
    wiredBytes: bytes('Pages wired down'),
    // "Pages stored in compressor" is their size before compression; this one is real memory.
    compressedBytes: bytes('Pages occupied by compressor'),
    purgeableBytes: bytes('Pages purgeable'),
    availableBytes:
      freeBytes === null || inactiveBytes === null ? null : freeBytes + inactiveBytes + (speculativeBytes ?? 0),
  };
}

export interface SwapUsage {
  totalBytes: number | null;
  usedBytes: number | null;
  freeBytes: number | null;
  encrypted: boolean;
}

const factor: Record<string, number> = { B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** `sysctl vm.swapusage`, with or without its name, and with a decimal comma where the locale has one. */
export function parseSwapUsage(text: string): SwapUsage {
  const bytes = (label: string) => {
    const match = new RegExp(`\\b${label} = ([\\d.,]+)([BKMGT])`).exec(text);
    const value = numberOf(match?.[1]);
    return value === null ? null : Math.round(value * (factor[match?.[2] ?? ''] ?? Number.NaN));
  };
  return {
    totalBytes: bytes('total'),
    usedBytes: bytes('used'),
    freeBytes: bytes('free'),
    encrypted: text.includes('(encrypted)'),
  };
}

export interface Iostat {
  user: number;
  system: number;
  idle: number;
  busyPercent: number;
  load1: number;
  load5: number;
  load15: number;
}

/** Last row of `iostat -c 2`; the first is the average since boot. The CPU and load columns are the last six. */
export function parseIostat(text: string): Iostat | null {
  const rows = text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words.length >= 6 && words.every((word) => /^\d+([.,]\d+)?$/.test(word)));
  if (rows.length < 2) return null;
  const last = (rows.at(-1) as string[]).slice(-6).map((word) => Number(word.replace(',', '.')));
  const [user, system, idle, load1, load5, load15] = last as [number, number, number, number, number, number];
  const total = user + system + idle;
  // The columns are rounded, so their sum is 99 to 101.
  return total <= 0 ? null : { user, system, idle, busyPercent: ((user + system) / total) * 100, load1, load5, load15 };
}

export interface Power {
  onBattery: boolean | null;
  percent: number | null;
  state: string | null;
  remainingMinutes: number | null;
}

/** `pmset -g batt`. */
export function parsePower(text: string): Power {
  const source = /drawing from '([^']+)'/.exec(text)?.[1];
  const battery = /\t?(\d{1,3})%; ([^;]+);/.exec(text);
  const time = /(\d{1,4}):(\d\d) remaining/.exec(text);
  return {
    // The third source is 'UPS Power': a battery too.
    onBattery: source === undefined ? null : source !== 'AC Power',
    percent: numberOf(battery?.[1]),
    state: battery?.[2]?.trim() ?? null,
    remainingMinutes: time ? Number(time[1]) * 60 + Number(time[2]) : null,
  };
}

export interface Thermal {
  /** Below 100 the processor is slowed down. Apple silicon never reports it: null, not 100. */
  speedLimitPercent: number | null;
  thermalWarning: boolean | null;
}

/** `pmset -g therm`. */
export function parseThermal(text: string): Thermal {
  const level = /Thermal warning level(?: set to|\s*=)\s*(\d+)/i.exec(text);
  return {
    speedLimitPercent: numberOf(/CPU_Speed_Limit\s*=\s*(\d+)/.exec(text)?.[1]),
    thermalWarning: level
      ? Number(level[1]) > 0
      : /No thermal warning level has been recorded/.test(text)
        ? false
        : null,
  };
}

/** `sw_vers`. */
export function parseSwVers(text: string): { product: string | null; version: string | null; build: string | null } {
  const lines = text.split('\n');
  const value = (key: string) =>
    lines
      .find((line) => line.startsWith(`${key}:`))
      ?.slice(key.length + 1)
      .trim() || null;
  const extra = value('ProductVersionExtra');
  const version = value('ProductVersion');
  return {
    product: value('ProductName'),
    version: version !== null && extra !== null ? `${version} ${extra}` : version,
    build: value('BuildVersion'),
  };
}
