/** The page of a link in a message, as HTML without any script: one fact, one button. Pure. */
import type { EvenkeelError } from '../../shared/errors.ts';
import { escapeHtml } from '../../shared/html.ts';
import { ago, time } from '../../shared/words/format.ts';
import { findWord, type Language, word } from '../../shared/words/index.ts';
import { endpointName, formatMeasured, ruleName, silence } from '../../shared/words/names.ts';
import { ruleTexts } from '../../shared/words/rule-texts.ts';
import { type ActAlert, type ActRequest, silenceMs, waiting } from './links.ts';
import { publicPage } from './shell.ts';

/** As in a message; the rest is a number. */
const shownAtMost = 20;

interface ActReader {
  language: Language;
  /** IANA: without script nobody knows the zone of the reader. */
  zone: string;
  now: number;
}

export function actPage(request: ActRequest, { language, zone, now }: ActReader): string {
  const { purpose, alerts, user } = request;
  const w = (key: string, values = {}) => escapeHtml(findWord(language, `act.${key}`, values) ?? key);
  const [worst] = alerts;
  const some = waiting(request);
  const title =
    worst === undefined
      ? word(language, 'act.none')
      : [...new Set(alerts.map(({ rule }) => ruleName(language, rule)))].slice(0, 3).join(' · ');
  const rows = alerts.slice(0, shownAtMost).map((alert) => rowOf(alert, { language, zone, now }));
  const more = alerts.length - rows.length;
  return publicPage(language, title, [
    worst === undefined
      ? ''
      : `<p class="level ${worst.severity}">${escapeHtml(word(language, `severity.${worst.severity}`))}</p>`,
    `<h1>${escapeHtml(title)}</h1>`,
    alerts.length > 1 ? `<p>${w('count', { n: alerts.length })}</p>` : '',
    rows.length === 0 ? '' : `<ul>${rows.join('')}</ul>`,
    rows.length === 0 ? '' : `<p class="quiet">${w('zone', { zone })}</p>`,
    more > 0 ? `<p class="quiet">${w('more', { n: more })}</p>` : '',
    // The button is the only thing on this page that changes something.
    some.length > 0
      ? `<form method="post"><button>${w(`do.${purpose}`, { n: some.length })}</button></form>`
      : `<p class="done" role="status">${w(doneOf(request), { until: untilOf(request, language, zone) })}</p>`,
    some.length > 0 ? `<p class="quiet">${w(`what.${purpose}`)}</p>` : '',
    user === null ? '' : `<p class="quiet">${w('as', { user })}</p>`,
    some.length > 0
      ? `<p class="quiet">${w('expires', { at: time(request.expiresAt, language, 'moment', zone), zone })}</p>`
      : '',
    worst === undefined ? '' : `<p><a href="/alerts/${encodeURIComponent(worst.id)}">${w('open')}</a></p>`,
  ]);
}

/** Why there is no button. */
function doneOf({ purpose, alerts, usedAt }: ActRequest): string {
  if (alerts.length === 0) return 'gone';
  if (alerts.every(({ state }) => state === 'resolved')) return 'over';
  if (alerts.every(({ state }) => state === 'resolved' || state === 'pending')) return 'notFiring';
  return purpose === 'silence' && usedAt !== null ? 'done.silence' : 'done.acknowledge';
}

function untilOf({ purpose, alerts, usedAt }: ActRequest, language: Language, zone: string): string {
  const until =
    purpose === 'silence'
      ? (usedAt ?? 0) + silenceMs
      : Math.min(...alerts.flatMap(({ acknowledged }) => acknowledged?.until ?? []));
  return Number.isFinite(until) ? `${time(until, language, 'moment', zone)} (${zone})` : '';
}

function rowOf(alert: ActAlert, { language, zone, now }: ActReader): string {
  const { value, limit } = formatMeasured(language, alert);
  const measured = alert.metric === silence ? word(language, 'alert.silent') : value;
  const instance = Object.entries(alert.tags)
    .filter(([name]) => name !== 'host' && name !== 'fstype')
    .map(([, tag]) => tag)
    .join(' · ');
  const at = (instant: number | null) => time(instant, language, 'moment', zone);
  const state =
    alert.state === 'resolved'
      ? word(language, 'act.resolvedAt', { at: at(alert.resolvedAt) })
      : alert.acknowledged === null
        ? word(language, 'act.since', { ago: ago(alert.since, now, language), at: at(alert.since) })
        : word(language, 'act.acknowledgedBy', {
            name: findWord(language, `actor.${alert.acknowledged.by}`) ?? alert.acknowledged.by,
            at: at(alert.acknowledged.at),
          });
  const facts = [measured, limit === null ? '' : word(language, 'alert.limit', { value: limit })].filter(Boolean);
  const ticket = alert.ticket === null ? '' : ` · ${word(language, 'act.ticket', { n: alert.ticket })}`;
  const summary = summaryOf(alert, instance, { language, zone, now });
  return `<li><strong>${escapeHtml(endpointName(language, alert.endpoint))}</strong> ${escapeHtml(instance)}${escapeHtml(ticket)}<br>
${summary === '' ? '' : `${escapeHtml(summary)}<br>\n`}<span class="value">${escapeHtml(facts.join(' · '))}</span><br><span class="quiet">${escapeHtml(state)}</span></li>`;
}

/** What its rule says of it, or other monitoring. */
function summaryOf(alert: ActAlert, instance: string, { language, zone, now }: ActReader): string {
  const { rule, endpoint, metric, unit, value, threshold, since, texts } = alert;
  const place = { ...endpoint, site: null, kind: '' };
  const severity = word(language, `severity.${alert.severity}`);
  const facts = { rule, severity, metric, unit, instance, value, threshold, since, now, zone, endpoint: place };
  return ruleTexts(texts, facts, language).summary?.slice(0, 300) ?? '';
}

/** What a link cannot do any more, in the language of its reader. */
export function actProblemPage({ code, message, hint }: EvenkeelError, language: Language): string {
  // Whoever reads it has no account, and knows neither the settings nor the log.
  const of = (part: string, given: string) =>
    findWord(language, `selfService.refused.${code}.${part}`) ?? findWord(language, `problem.${code}.${part}`) ?? given;
  const title = of('message', message);
  const todo = of('hint', hint);
  return publicPage(language, title, [`<h1>${escapeHtml(title)}</h1>`, `<p>${escapeHtml(todo)}</p>`]);
}
