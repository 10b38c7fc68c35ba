/** What was seen of a target or a service, in words. Pure. */
import type { Finding, ServiceFinding, TargetFinding } from '../finding.ts';
import { number } from './format.ts';
import { type Language, word } from './index.ts';

/** `in 3 days`, from the days that a certificate has left. */
function certificateText(language: Language, daysLeft: number): string {
  const n = number(Math.floor(Math.abs(daysLeft)), language);
  if (daysLeft < 0) return word(language, 'finding.certificateOver', { n });
  return daysLeft < 1 ? word(language, 'finding.certificateToday') : word(language, 'finding.certificateIn', { n });
}

/** `Connection refused`, `HTTP 503, expected 200-299`. */
export function seenText(language: Language, { result, status, expected, daysLeft }: TargetFinding): string {
  if (result === null) return word(language, 'target.state.unknown');
  if (result === 'wrong_status' && status !== undefined)
    return word(language, 'finding.status', { status, expected: expected ?? '' });
  const what = word(language, `target.result.${result}`);
  if (result === 'bad_certificate' && daysLeft !== undefined && daysLeft < 0)
    return `${what} (${certificateText(language, daysLeft)})`;
  return expected === undefined ? what : word(language, 'finding.expected', { what, expected });
}

/** `2 of 3 watchers say so` */
export function votesText(language: Language, { votes, down }: Pick<TargetFinding, 'votes' | 'down'>): string {
  if (votes === 1 && down === 1) return word(language, 'finding.onlyOne');
  return word(language, 'finding.votes', { down: number(down, language), n: number(votes, language) });
}

/** `web (Connection refused), mail`; @param isLong with the address of each */
const downText = (language: Language, { down }: ServiceFinding, isLong: boolean): string =>
  down
    .map(({ name, finding }) => {
      if (!finding) return name;
      return `${name} (${[seenText(language, finding), ...(isLong ? [finding.address] : [])].join(', ')})`;
    })
    .join(', ');

/** In place of the value of an alert; null: its value says more. */
export function findingText(language: Language, metric: string, finding: Finding | undefined): string | null {
  if (!finding) return null;
  if (finding.of === 'service') {
    if (metric !== 'target.service_down' || finding.down.length === 0) return null;
    return word(language, 'finding.parts', { parts: downText(language, finding, false) });
  }
  if (metric === 'target.down') return seenText(language, finding);
  if (metric === 'target.certificate_days' && finding.daysLeft !== undefined)
    return certificateText(language, finding.daysLeft);
  return null;
}

interface FindingLine {
  name: 'seen' | 'address' | 'services' | 'need' | 'unclear' | 'out';
  text: string;
}

/** One fact per line. @param isOver the alert has ended: what is seen now is not what it was about */
export function findingLines(language: Language, metric: string, finding: Finding, isOver: boolean): FindingLine[] {
  const lines: FindingLine[] = [];
  const seen = findingText(language, metric, finding);
  if (finding.of === 'service') {
    if (seen !== null && !isOver)
      lines.push({ name: 'seen', text: word(language, 'finding.parts', { parts: downText(language, finding, true) }) });
    const unclear = finding.unclear ?? [];
    if (unclear.length > 0 && !isOver)
      lines.push({ name: 'unclear', text: unclear.map(({ name }) => name).join(', ') });
    const values = { need: number(finding.need, language), parts: number(finding.parts, language) };
    lines.push({
      name: 'need',
      text: word(language, finding.parts === 0 ? 'finding.noParts' : 'finding.needOf', values),
    });
    const { out = 0 } = finding;
    if (out > 0) lines.push({ name: 'out', text: word(language, 'finding.out', { n: number(out, language) }) });
    return lines;
  }
  if (seen !== null && !isOver) {
    const votes = metric === 'target.down' ? ` (${votesText(language, finding)})` : '';
    lines.push({ name: 'seen', text: seen + votes });
  }
  lines.push({ name: 'address', text: finding.address });
  if (finding.services.length > 0 && !isOver) lines.push({ name: 'services', text: finding.services.join(', ') });
  return lines;
}
