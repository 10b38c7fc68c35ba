/** The words of a notice, in English and Japanese. Pure. What comes from outside is cut to one line of bounded length. */
import type { Notice } from './channel.ts';

export type Language = 'en' | 'ja';

const words = {
  en: {
    firing: { info: 'Info', warning: 'Warning', critical: 'Critical' },
    resolved: 'Resolved',
    reminder: 'Reminder',
    flapping: 'Comes and goes',
    endpoints: 'endpoints',
    test: 'Test',
    endpoint: 'Endpoint',
    site: 'Site',
    what: 'What',
    value: 'Value',
    limit: 'limit',
    since: 'Since',
    until: 'Until',
    ticket: 'Ticket',
    more: 'Details',
    server: 'server',
    workstation: 'workstation',
  },
  ja: {
    firing: { info: '情報', warning: '警告', critical: '危険' },
    resolved: '解消',
    reminder: 'リマインダー',
    flapping: '断続的に発生',
    endpoints: '台',
    test: 'テスト',
    endpoint: 'エンドポイント',
    site: '拠点',
    what: '内容',
    value: '値',
    limit: 'しきい値',
    since: '発生',
    until: '解消',
    ticket: 'チケット',
    more: '詳細',
    server: 'サーバー',
    workstation: 'ワークステーション',
  },
} as const;

/** Why an alert ended, or what a reminder is about. */
const reasons: Record<string, Record<Language, string>> = {
  rule_removed: { en: 'The rule was removed.', ja: 'ルールが削除されました。' },
  retired: { en: 'The endpoint was retired.', ja: 'エンドポイントは廃止されました。' },
  gone: { en: 'It is no longer reported.', ja: '報告されなくなりました。' },
  no_data: { en: 'It is no longer measured.', ja: '測定されなくなりました。' },
  ended_by_person: { en: 'A person ended it.', ja: '担当者が終了しました。' },
  stable: { en: 'It has been stable for some time.', ja: 'しばらく安定しています。' },
  restored: {
    en: 'The alert has been good for a day; the ticket is still open.',
    ja: 'アラートは 1 日前に解消していますが、チケットは未完了です。',
  },
};

/** One line without control characters: a name must not be able to write a header or a second message. */
export function oneLine(text: string, limit = 200): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  const clean = text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim();
  return clean.length > limit ? `${clean.slice(0, limit - 1)}…` : clean;
}

/** `96.2 %`, `1.5 GiB`, `2 d 3 h`; a dash for what is unknown. */
export function formatValue(value: number | null, unit: string): string {
  if (value === null) return '—';
  const rounded = String(Math.round(value * 10) / 10);
  if (unit === 'percent') return `${rounded} %`;
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'seconds') return formatSeconds(value);
  if (unit === 'ms') return `${rounded} ms`;
  if (unit === 'celsius') return `${rounded} °C`;
  if (unit === 'days') return `${rounded} d`;
  return rounded;
}

function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let i = 0;
  for (; Math.abs(value) >= 1024 && i < units.length - 1; i++) value /= 1024;
  return `${Math.round(value * 10) / 10} ${units[i]}`;
}

function formatSeconds(seconds: number): string {
  const total = Math.round(Math.abs(seconds));
  const sign = seconds < 0 ? '-' : '';
  const [d, h, m] = [Math.floor(total / 86_400), Math.floor(total / 3600) % 24, Math.floor(total / 60) % 60];
  if (d > 0) return `${sign}${d} d ${h} h`;
  if (h > 0) return `${sign}${h} h ${m} min`;
  if (m > 0) return `${sign}${m} min`;
  return `${sign}${Math.round(Math.abs(seconds) * 10) / 10} s`;
}

/** What the alert is about, of the tags: the path, the job, the disk … */
export function instanceOf(notice: Pick<Notice, 'tags'>): string {
  const { path, job, name, unit, check, sensor, manager, label } = notice.tags;
  return oneLine([path ?? job ?? name ?? unit ?? check ?? sensor ?? manager, label].filter(Boolean).join(' '));
}

/** One line: `Critical: Disk nearly full (/var) on web-1: 96 %`. */
export function headline(notice: Notice, language: Language): string {
  const w = words[language];
  const kind = notice.event === 'firing' ? w.firing[notice.severity] : w[notice.event];
  const instance = instanceOf(notice);
  const about = `${notice.rule[language]}${instance ? ` (${instance})` : ''}`;
  const { members } = notice;
  if (members) {
    const names = members.names.map((name) => oneLine(name, 60)).join(', ');
    const more = members.count > members.names.length ? ' …' : '';
    const count = `${members.count} ${w.endpoints}${names ? ` (${names}${more})` : ''}`;
    return oneLine(`${kind}: ${oneLine(notice.endpoint.name)} – ${about}: ${count}`, 300);
  }
  const value = notice.event === 'firing' && notice.value !== null ? `: ${formatValue(notice.value, notice.unit)}` : '';
  return oneLine(`${kind}: ${oneLine(notice.endpoint.name)} – ${about}${value}`, 300);
}

/** The body as plain text, one fact a line, times in UTC and in the zone of the reader's choice. */
export function bodyText(notice: Notice, language: Language, zone = 'UTC'): string {
  const w = words[language];
  const { endpoint, tags } = notice;
  const kind = endpoint.kind === 'server' || endpoint.kind === 'workstation' ? ` (${w[endpoint.kind]})` : '';
  const threshold = notice.threshold === null ? '' : ` (${w.limit} ${formatValue(notice.threshold, notice.unit)})`;
  const shown = Object.entries(tags).map(([name, value]) => `${name}=${oneLine(value)}`);
  const lines: (string | null)[] = [
    headline(notice, language),
    '',
    `${w.endpoint}: ${oneLine(endpoint.name)}${kind}`,
    endpoint.site === null ? null : `${w.site}: ${oneLine(endpoint.site)}`,
    `${w.what}: ${notice.rule[language]}${shown.length > 0 ? ` [${shown.join(', ')}]` : ''}`,
    notice.value === null ? null : `${w.value}: ${formatValue(notice.value, notice.unit)}${threshold}`,
    `${w.since}: ${formatTime(notice.startedAt, zone)}`,
    notice.endedAt === null ? null : `${w.until}: ${formatTime(notice.endedAt, zone)}`,
    notice.why === null ? null : (reasons[notice.why]?.[language] ?? oneLine(notice.why)),
    notice.ticket === null ? null : `${w.ticket}: #${notice.ticket}`,
    `${w.more}: ${notice.url}`,
  ];
  return `${lines.filter((line) => line !== null).join('\n')}\n`;
}

/** ISO form with the zone's name, the same in every language: `2026-11-22 11:06:00 Europe/Berlin`. */
function formatTime(at: number, zone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(Math.round(at)).toZonedDateTimeISO(zone);
  return `${local.toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ')} ${zone}`;
}
