/** A report as a mail: the same rows once as plain text and once as HTML, in the language of its readers. Pure. */
import type { KpiValue, PeriodReport, Stability } from '../../shared/api.ts';
import { limitingParts } from '../../shared/stability.ts';
import { actionGain } from '../../shared/words/actions.ts';
import { hours, kpiNumber, none, number, percent, shownUnit, time } from '../../shared/words/format.ts';
import { findWord, type Language, word } from '../../shared/words/index.ts';
import { endpointName, ticketTitle } from '../../shared/words/names.ts';
import { monitoredText, periodName } from '../../shared/words/period.ts';

export interface Letter {
  subject: string;
  text: string;
  html: string;
}

interface LetterSection {
  title: string;
  /** What, how much, and what belongs to it. */
  rows: { what: string; value: string; note: string }[];
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
    word(language, 'report.made', {
      at: time(report.madeAt, language, 'full', report.period.zone),
      by: findWord(language, `actor.${report.by}`) ?? report.by,
    }),
    word(language, 'report.digest', { digest: report.digest }),
  ];
  const about = aboutOf(report, language);
  return {
    subject: `[Evenkeel] ${title}`,
    text: asText(title, [about, lead], sections, foot),
    html: asHtml(language, title, [about, lead], sections, foot),
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
  const lost = kpis.find(({ id }) => id === 'lost_hours')?.value ?? null;
  const [worst] = incidents.toSorted((a, b) => b.lost - a.lost);
  const inHours = personHours(lost, language);
  const second =
    lost === null
      ? ''
      : lost === 0 || !worst
        ? word(language, 'stability.lead.nothingLost', { hours: inHours })
        : word(language, 'stability.lead.lost', {
            ...{
              hours: inHours,
              share: percent((100 * worst.lost) / lost, language, 0),
              incident: `#${worst.ticket.id}`,
            },
          });
  return `${first} ${second}`.trim();
}

const personHours = (value: number | null, language: Language) =>
  value === null
    ? none
    : word(language, 'stability.personHours', { n: number(value, language, Math.abs(value) < 10 ? 1 : 0) });

/** Never −0, and with the sign of the page. */
const points = (value: number, language: Language) =>
  word(language, 'stability.points', {
    n: number(Math.abs(value) < 0.05 ? 0 : value, language, 1).replace('-', '−'),
  });

function sectionsOf({ content }: PeriodReport, language: Language): LetterSection[] {
  const { stability, before } = content;
  const { index, parts, kpis, causes, actions, sites } = stability;
  const inParts = new Set(parts.map(({ kpi }) => kpi));
  const earlier = (id: string) => before?.kpis.find((kpi) => kpi.id === id);
  const row = (kpi: KpiValue) => kpiRow(kpi, earlier(kpi.id), before, language);
  return [
    {
      title: word(language, 'report.mail.numbers'),
      rows: [
        {
          what: word(language, 'stability.index'),
          value: index.state === 'insufficient' ? none : number(index.value, language),
          note: index.band === null ? '' : word(language, `stability.band.${index.band}`),
        },
        ...kpis.filter(({ id }) => inParts.has(id)).map(row),
      ],
    },
    {
      title: word(language, 'stability.partsTitle'),
      rows: parts.map(({ part, kpi, unit, target, score, lost }) => ({
        what: word(language, `stability.part.${part}`),
        value: score === null ? none : points(-lost, language),
        note: word(language, 'stability.targetIs', { value: kpiNumber(shownUnit(kpi, unit), target, language) }),
      })),
    },
    {
      title: word(language, 'stability.actionsTitle'),
      rows: actions.map((action) => ({
        what: actionText(action, language),
        value: actionGain(action, language),
        note: '',
      })),
    },
    {
      title: word(language, 'stability.causesTitle'),
      rows: causes.slice(0, mostRows).map(({ ticket, endpoint, points: lost, hours: inHours }) => ({
        what: ticket
          ? `#${ticket.id} ${ticketTitle(language, ticket)}`
          : ((endpoint && endpointName(language, endpoint)) ?? none),
        value: points(-lost, language),
        note: inHours > 0 ? personHours(inHours, language) : '',
      })),
    },
    {
      title: word(language, 'stability.sitesTitle'),
      rows: sites.map(({ site, servers, workstations, lost }) => ({
        what: site?.name ?? word(language, 'stability.noSite'),
        value: hours(lost, language),
        note: [
          `${word(language, 'stability.part.servers')} ${kpiNumber('availability', servers, language)}`,
          `${word(language, 'stability.part.workstations')} ${kpiNumber('availability', workstations, language)}`,
        ].join(' · '),
      })),
    },
    { title: word(language, 'stability.support.title'), rows: kpis.filter(({ id }) => !inParts.has(id)).map(row) },
  ];
}

const actionText = ({ code, ticket, endpoint, site }: Stability['actions'][number], language: Language) =>
  word(language, `stability.action.${code}`, {
    what: ticket ? `#${ticket.id} ${ticketTitle(language, ticket)}` : (endpoint?.name ?? site ?? ''),
  });

function kpiRow(kpi: KpiValue, earlier: KpiValue | undefined, before: Stability | null, language: Language) {
  const { id, value, n, state, low, high, coverage } = kpi;
  const unit = shownUnit(id, kpi.unit);
  const currency = kpi.currency ?? undefined;
  const shown = (one: number) => kpiNumber(unit, one, language, currency);
  const was =
    before && earlier && earlier.value !== null && earlier.state !== 'insufficient'
      ? [
          word(language, 'stability.earlierValue', {
            ...{ month: periodName(before.period.name, language) },
            value: kpiNumber(unit, earlier.value, language, currency),
          }),
          monitoredText(before, language),
        ]
      : [];
  return {
    what: findWord(language, `kpi.${id}.name`) ?? id,
    value: state === 'insufficient' ? none : kpiNumber(unit, value, language, currency),
    note: [
      findWord(language, `kpi.${id}.per`) ?? '',
      state !== 'insufficient' && low !== null && high !== null && shown(low) !== shown(high)
        ? word(language, 'stability.range', { low: shown(low), high: shown(high) })
        : '',
      word(language, 'stability.items', { n: number(n, language) }),
      coverage === null ? '' : `${word(language, 'stability.coverage')} ${percent(coverage, language, 1)}`,
      state === 'insufficient' ? word(language, 'stability.insufficient') : '',
      ...was,
    ]
      .filter(Boolean)
      .join(' · '),
  };
}

function asText(title: string, head: string[], sections: LetterSection[], foot: string[]): string {
  const lines = sections.flatMap(({ title: name, rows }) => [
    '',
    name,
    ...rows.map(({ what, value, note }) => `  ${oneLine(what)}: ${[value, note].filter(Boolean).join(' · ')}`),
  ]);
  return `${[title, '', ...head, ...lines, '', ...foot].join('\n')}\n`;
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string) => oneLine(text).replace(/[&<>"']/g, (sign) => escapes[sign] as string);

const font = "font-family:system-ui,-apple-system,'Segoe UI','Hiragino Sans','Yu Gothic UI',sans-serif";
const cell = 'padding:6px 8px;border-top:1px solid #dbe1e6;vertical-align:top';

/** Styles stand at each element: mail programs drop style sheets. */
function asHtml(language: Language, title: string, head: string[], sections: LetterSection[], foot: string[]): string {
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
  return (
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="color-scheme" content="light">` +
    `<title>${escaped(title)}</title></head><body style="margin:0;background:#f3f5f7">` +
    `<div style="max-width:640px;margin:0 auto;padding:20px;background:#ffffff;color:#16212b;line-height:1.5;${font}">` +
    `<h1 style="font-size:20px;margin:0 0 4px">${escaped(title)}</h1>` +
    `<p style="margin:0 0 12px;color:#4d5a66;font-size:12px">${escaped(about)}</p>` +
    `<p style="font-size:16px;margin:0 0 8px">${escaped(lead)}</p>${tables.join('')}` +
    `<div style="margin-top:24px;color:#4d5a66;font-size:12px;overflow-wrap:anywhere">${foot
      .map((line) => `<p style="margin:0 0 6px">${escaped(line)}</p>`)
      .join('')}</div></div></body></html>`
  );
}
