/** A report as a mail: the same rows once as plain text and once as HTML, in the language of its readers. Pure. */
import type { KpiValue, PeriodReport, Stability } from '../../shared/api.ts';
import { escapeHtml } from '../../shared/html.ts';
import { besideOf, causeRows, limitingParts, mostMoved, unclearBecause } from '../../shared/stability.ts';
import { actionGain } from '../../shared/words/actions.ts';
import { actorIn } from '../../shared/words/actors.ts';
import { duration, hours, kpiNumber, none, number, percent, shownUnit, time } from '../../shared/words/format.ts';
import { findWord, type Language, word } from '../../shared/words/index.ts';
import { endpointName, ticketTitle } from '../../shared/words/names.ts';
import { monitoredText, periodName } from '../../shared/words/period.ts';
import { aboutMoney, madeWithLines, personHours, pointsText, verdictText } from '../../shared/words/stability.ts';

export interface Letter {
  subject: string;
  text: string;
  html: string;
}

/** What, how much, and what belongs to it. */
interface LetterRow {
  what: string;
  value: string;
  note: string;
}

interface LetterSection {
  title: string;
  rows: LetterRow[];
}

const mostRows = 10;

/** @param noPdf why none is attached; null where one is */
export function letterOf(report: PeriodReport, language: Language, url: string, noPdf: string | null): Letter {
  const { content } = report;
  const site = report.site?.name ?? word(language, 'stability.allSites');
  const period = periodName(report.period.name, language);
  const title = oneLine(`${word(language, 'report.title', { period })} – ${site}`);
  const lead = leadOf(content.stability, language);
  const sections = sectionsOf(report, language).filter(({ rows }) => rows.length > 0);
  const foot = [
    ...(noPdf === null ? [] : [noPdf]),
    word(language, 'report.mail.more', { url }),
    definitionsOf(report, language),
    word(language, 'report.made', {
      at: time(report.madeAt, language, 'full', report.period.zone),
      by: actorIn(language, report.by),
    }),
    word(language, 'report.digest', { digest: report.digest }),
  ];
  const about = aboutOf(report, language);
  return {
    subject: `[Evenkeel] ${title}`,
    text: asText(title, [about, lead], sections, foot),
    html: asHtml(language, title, [about, lead], sections, foot, url),
  };
}

const oneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

function aboutOf({ period, provisional, content }: PeriodReport, language: Language): string {
  const { asOf, coverage, endpoints } = content.stability;
  return [
    provisional ? word(language, 'stability.provisional') : word(language, 'report.final'),
    period.zone,
    word(language, 'common.asOf', { at: time(asOf, language, 'moment', period.zone) }),
    `${word(language, 'stability.coverage')} ${percent(coverage, language, 1)}`,
    monitoredText(content.stability, language),
    word(language, 'stability.nEndpoints', { n: number(endpoints, language) }),
  ]
    .filter(Boolean)
    .join(' · ');
}

function leadOf(stability: Stability, language: Language): string {
  const { index, endpoints, incidents, kpis } = stability;
  const value = number(index.value, language);
  const band = index.band === null ? '' : word(language, `stability.band.${index.band}`);
  const limiting = limitingParts(stability).map(({ part }) => word(language, `stability.inPart.${part}`));
  const first =
    index.state === 'insufficient'
      ? word(language, 'stability.lead.few', { n: number(endpoints, language) })
      : index.value === null
        ? word(language, 'stability.lead.noIndex', { weight: number(index.weight, language) })
        : limiting.length === 0
          ? word(language, 'stability.lead.full', { index: value, band })
          : word(language, 'stability.lead.index', {
              ...{ index: value, band },
              part: new Intl.ListFormat(language, { type: 'conjunction' }).format(limiting),
            });
  const lost = kpis.find(({ id }) => id === 'lost_hours');
  const sentences = [first, lostSentence(lost, incidents, language), openSentence(lost, language)];
  return [...sentences, changeSentence(stability, language)].filter(Boolean).join(' ');
}

function lostSentence(lost: KpiValue | undefined, incidents: Stability['incidents'], language: Language): string {
  const value = lost?.value ?? null;
  const [worst] = incidents.toSorted((a, b) => b.lost - a.lost);
  if (value === null) return '';
  const inHours = personHours(value, language);
  if (value === 0 || !worst) return word(language, 'stability.lead.nothingLost', { hours: inHours });
  const share = percent((100 * worst.lost) / value, language, 0);
  const values = { hours: inHours, share, incident: `#${worst.ticket.id}` };
  const about = aboutMoney(lost, language);
  return about === null
    ? word(language, 'stability.lead.lost', values)
    : word(language, 'stability.lead.lostMoney', { ...values, about });
}

/** What is not known may be more than what is. */
function openSentence(lost: KpiValue | undefined, language: Language): string {
  const [unconfirmed, unknown] = [besideOf(lost, 'unconfirmed') ?? 0, besideOf(lost, 'unknown') ?? 0];
  return [
    unconfirmed > 0 ? word(language, 'stability.lead.unconfirmed', { hours: personHours(unconfirmed, language) }) : '',
    unknown > 0 ? word(language, 'stability.lead.unknown', { n: number(unknown, language) }) : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function changeSentence(stability: Stability, language: Language): string {
  const { before, index, compared } = stability;
  if (!before || index.value === null || !compared) return '';
  const value = number(before.value, language);
  const values = { month: periodName(compared.period.name, language), value };
  if (value === number(index.value, language)) return word(language, 'stability.lead.same', values);
  if (compared.verdict === 'unclear')
    return word(language, `stability.lead.unclear.${unclearBecause(stability)}`, values);
  const part = word(language, `stability.inPart.${mostMoved(before)}`);
  return word(language, before.change < 0 ? 'stability.lead.worse' : 'stability.lead.better', { ...values, part });
}

function sectionsOf({ content }: PeriodReport, language: Language): LetterSection[] {
  const { stability } = content;
  const { index, parts, kpis, actions, sites } = stability;
  const inParts = new Set(parts.map(({ kpi }) => kpi));
  const row = (kpi: KpiValue) => kpiRow(kpi, earlierText(content, kpi, language), language);
  return [
    {
      title: word(language, 'report.mail.numbers'),
      rows: [
        {
          what: word(language, 'stability.index'),
          value: index.state === 'insufficient' ? none : number(index.value, language),
          note: dotted([
            index.band && word(language, `stability.band.${index.band}`),
            indexChange(stability, language),
          ]),
        },
        ...kpis.filter(({ id }) => inParts.has(id)).map(row),
      ],
    },
    {
      title: word(language, 'stability.partsTitle'),
      rows: parts.map(({ part, kpi, unit, target, score, lost }) => ({
        what: word(language, `stability.part.${part}`),
        value: score === null ? none : pointsText(-lost, language),
        note: word(language, 'stability.targetIs', { value: kpiNumber(shownUnit(kpi, unit), target, language) }),
      })),
    },
    {
      title: word(language, 'stability.actionsTitle'),
      rows: actions.map((action) => ({
        what: actionText(action, language),
        value: '',
        // Under it: a column of its own would leave a phone no room for the words.
        note: actionGain(action, language),
      })),
    },
    { title: word(language, 'stability.part.major_incidents'), rows: majorRows(stability, language) },
    {
      title: word(language, 'stability.causesTitle'),
      rows: causeRows(stability)
        .slice(0, mostRows)
        .map(({ ticket, endpoint, points, hours: lost, unconfirmed }) => ({
          what: ticket
            ? `#${ticket.id} ${ticketTitle(language, ticket)}`
            : ((endpoint && endpointName(language, endpoint)) ?? none),
          value: points > 0 ? pointsText(-points, language) : none,
          note: dotted([lost > 0 && personHours(lost, language), notConfirmed(unconfirmed, language)]),
        })),
    },
    {
      title: word(language, 'stability.sitesTitle'),
      rows: sites.map(({ site, servers, workstations, lost, unconfirmed }) => ({
        what: site?.name ?? word(language, 'stability.noSite'),
        value: hours(lost, language),
        note: dotted([
          notConfirmed(unconfirmed, language),
          `${word(language, 'stability.part.servers')} ${kpiNumber('availability', servers, language)}`,
          `${word(language, 'stability.part.workstations')} ${kpiNumber('availability', workstations, language)}`,
        ]),
      })),
    },
    {
      title: word(language, 'stability.support.title'),
      rows: supportRows(
        kpis.filter(({ id }) => !inParts.has(id)),
        row,
        language,
      ),
    },
    { title: word(language, 'report.exclusions'), rows: exclusionRows(content, language) },
  ];
}

const dotted = (facts: readonly (string | false | null)[]) => facts.filter(Boolean).join(' · ');

/** What is in the table of the page, but the text of the resolution: it was not written for a mail. */
function majorRows({ majors = [], period, asOf }: Stability, language: Language): LetterRow[] {
  return majors.slice(0, mostRows).map(({ ticket, site, from, to, people, lost, unconfirmed, points, change }) => ({
    what: `#${ticket.id} ${ticketTitle(language, ticket)}`,
    value: people === null && lost === 0 ? none : personHours(lost, language),
    note: dotted([
      site,
      time(from, language, 'moment', period.zone),
      duration(((to ?? asOf) - from) / 1000, language),
      to === null && word(language, 'impact.lasts'),
      people !== null && `${word(language, 'impact.people')} ${number(people, language)}`,
      notConfirmed(unconfirmed, language),
      points > 0 && pointsText(-points, language),
      change && word(language, 'change.name', { n: String(change.id) }),
    ]),
  }));
}

/** Those without a value take one row together. */
function supportRows(kpis: readonly KpiValue[], row: (kpi: KpiValue) => LetterRow, language: Language): LetterRow[] {
  const without = kpis.filter(({ state }) => state === 'no_data');
  const rows = kpis.filter(({ state }) => state !== 'no_data').map(row);
  if (without.length === 0) return rows;
  const names = without.map(({ id }) => findWord(language, `kpi.${id}.name`) ?? id);
  const what = new Intl.ListFormat(language, { type: 'conjunction' }).format(names);
  return [...rows, { what, value: none, note: '' }];
}

/** `+ 12 person-hours not confirmed`: they are in no number. */
const notConfirmed = (unconfirmed: number, language: Language) =>
  unconfirmed > 0 && word(language, 'stability.plusUnconfirmed', { hours: personHours(unconfirmed, language) });

function indexChange({ compared, index }: Stability, language: Language): string {
  if (!compared || compared.index === null || index.value === null) return '';
  const month = periodName(compared.period.name, language);
  return dotted([
    word(language, 'stability.earlierValue', { month, value: number(compared.index, language) }),
    verdictText(compared.verdict, index.value - compared.index, language),
  ]);
}

/** The value of the period before, and whether it differs by more than chance. */
function earlierText({ stability, before }: PeriodReport['content'], kpi: KpiValue, language: Language): string {
  const earlier = before?.kpis.find(({ id }) => id === kpi.id);
  if (!before || !earlier || earlier.value === null || earlier.state === 'insufficient') return '';
  const change = stability.compared?.kpis.find(({ id }) => id === kpi.id)?.change;
  return dotted([
    word(language, 'stability.earlierValue', {
      month: periodName(before.period.name, language),
      value: kpiNumber(shownUnit(kpi.id, kpi.unit), earlier.value, language, kpi.currency),
    }),
    monitoredText(before, language),
    change ? verdictText(change.verdict, change.difference, language) : null,
  ]);
}

function exclusionRows({ stability, exclusions }: PeriodReport['content'], language: Language): LetterRow[] {
  const at = (ms: number) => time(ms, language, 'moment', stability.period.zone);
  return exclusions.slice(0, mostRows).map(({ name, reason, from, to, by, enteredAt, late, approvedBy }) => ({
    what: `${name}: ${reason}`,
    value: duration((to - from) / 1000, language),
    note: dotted([
      `${at(from)} – ${at(to)}`,
      `${word(language, 'report.by')} ${actorIn(language, by)}${enteredAt === undefined ? '' : `, ${at(enteredAt)}`}`,
      approvedBy !== null && word(language, 'report.approvedBy', { name: approvedBy }),
      late && approvedBy === null && word(language, 'report.notApproved'),
    ]),
  }));
}

const mostCalendars = 6;

/** What the numbers were made with, in one line. */
function definitionsOf({ content }: PeriodReport, language: Language): string {
  const { stability, tz, calendars, exclusions, otherExclusions } = content;
  const more = (n: number) => n > 0 && word(language, 'report.otherExclusions', { n: number(n, language) });
  const shown = calendars === null ? null : calendars.slice(0, mostCalendars);
  return dotted([
    word(language, 'stability.zone', { zone: stability.period.zone }),
    word(language, 'stability.definitionOf', { n: stability.index.definition }),
    ...madeWithLines({ tz, calendars: shown }, language),
    more((calendars?.length ?? 0) - mostCalendars),
    exclusions.length === 0 && word(language, 'report.noExclusions'),
    exclusions.length + otherExclusions > mostRows &&
      `${word(language, 'report.exclusions')}: ${number(exclusions.length + otherExclusions, language)}`,
  ]);
}

const actionText = ({ code, ticket, endpoint, site }: Stability['actions'][number], language: Language) =>
  word(language, `stability.action.${code}`, {
    what: ticket ? `#${ticket.id} ${ticketTitle(language, ticket)}` : (endpoint?.name ?? site ?? ''),
  });

function kpiRow(kpi: KpiValue, earlier: string, language: Language) {
  const { id, value, n, state, low, high, coverage } = kpi;
  const unit = shownUnit(id, kpi.unit);
  const currency = kpi.currency ?? undefined;
  const shown = (one: number) => kpiNumber(unit, one, language, currency);
  return {
    what: findWord(language, `kpi.${id}.name`) ?? id,
    value: state === 'insufficient' ? none : kpiNumber(unit, value, language, currency),
    note: dotted([
      findWord(language, `kpi.${id}.per`) ?? '',
      ...(id === 'lost_hours'
        ? [aboutMoney(kpi, language), notConfirmed(besideOf(kpi, 'unconfirmed') ?? 0, language)]
        : []),
      state !== 'insufficient' && low !== null && high !== null && shown(low) !== shown(high)
        ? word(language, 'stability.range', { low: shown(low), high: shown(high) })
        : '',
      word(language, 'stability.items', { n: number(n, language) }),
      coverage === null ? '' : `${word(language, 'stability.coverage')} ${percent(coverage, language, 1)}`,
      state === 'insufficient' ? word(language, 'stability.insufficient') : '',
      earlier,
    ]),
  };
}

function asText(title: string, head: string[], sections: LetterSection[], foot: string[]): string {
  const lines = sections.flatMap(({ title: name, rows }) => [
    '',
    name,
    ...rows.map(({ what, value, note }) => `  ${[oneLine(what), dotted([value, note])].filter(Boolean).join(': ')}`),
  ]);
  return `${[title, '', ...head, ...lines, '', ...foot].join('\n')}\n`;
}

const escaped = (text: string) => escapeHtml(oneLine(text));

const font = "font-family:system-ui,-apple-system,'Segoe UI','Hiragino Sans','Yu Gothic UI',sans-serif";
const cell = 'padding:6px 8px;border-top:1px solid #dbe1e6;vertical-align:top';

/** Styles stand at each element: mail programs drop style sheets. */
function asHtml(
  language: Language,
  title: string,
  head: string[],
  sections: LetterSection[],
  foot: string[],
  url: string,
): string {
  const tables = sections.map(
    ({ title: name, rows }) =>
      `<h2 style="font-size:15px;margin:24px 0 4px">${escaped(name)}</h2>` +
      `<table role="presentation" style="border-collapse:collapse;width:100%;font-size:14px">${rows
        .map(
          ({ what, value, note }) =>
            `<tr><td style="${cell}">${escaped(what)}${
              note === '' ? '' : `<div style="color:#4d5a66;font-size:12px">${escaped(note)}</div>`
            }</td><td style="${cell};text-align:right;white-space:nowrap;font-weight:600">${escaped(value)}</td></tr>`,
        )
        .join('')}</table>`,
  );
  const [about = '', lead = ''] = head;
  const link = () => `<a href="${escaped(url)}" style="color:#1b5a9e">${escaped(url)}</a>`;
  return (
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="color-scheme" content="light">` +
    `<title>${escaped(title)}</title></head><body style="margin:0;background:#f3f5f7">` +
    `<div style="max-width:640px;margin:0 auto;padding:20px;background:#ffffff;color:#16212b;line-height:1.5;${font}">` +
    `<h1 style="font-size:20px;margin:0 0 4px">${escaped(title)}</h1>` +
    `<p style="margin:0 0 12px;color:#4d5a66;font-size:12px">${escaped(about)}</p>` +
    `<p style="font-size:16px;margin:0 0 8px">${escaped(lead)}</p>${tables.join('')}` +
    `<div style="margin-top:24px;color:#4d5a66;font-size:12px;overflow-wrap:anywhere">${foot
      .map((line) => `<p style="margin:0 0 6px">${escaped(line).replace(escaped(url), link)}</p>`)
      .join('')}</div></div></body></html>`
  );
}
