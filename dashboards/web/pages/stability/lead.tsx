/** The answer in one sentence, and what the numbers of the page are of. */
import { type ComponentChildren, Fragment } from 'preact';
import type { Stability } from '../../../../shared/api.ts';
import { besideOf, limitingParts, mostMoved, unclearBecause } from '../../../../shared/stability.ts';
import { number, percent } from '../../../../shared/words/format.ts';
import { monitoredText } from '../../../../shared/words/period.ts';
import { Sentence } from '../../parts/sentence.tsx';
import { to, withQuery } from '../../router.ts';
import { dayIn, instantBeside } from '../../time/beside.ts';
import { actorName, language, t } from '../../words/words.ts';
import { kpiWord } from '../kpi-tile.tsx';
import { comparedName } from './compare.tsx';
import { formatAbout, formatHours, formatIndex, formatMonth, kpiOf, listOf } from './format.ts';

/** What stands before the n-th of so many links. */
const joint = (n: number, of: number): string =>
  new Intl.ListFormat(language.value, { type: 'conjunction' })
    .formatToParts(Array.from({ length: of }, () => ''))
    .filter(({ type }) => type === 'literal')[n - 1]?.value ?? '';

function IndexSentence({ data }: { data: Stability }) {
  const { index } = data;
  const shown = <a href="#parts">{formatIndex(index.value)}</a>;
  if (index.state === 'insufficient')
    return <Sentence of="stability.lead.few" values={{ n: number(data.endpoints, language.value) }} />;
  if (index.value === null || index.band === null)
    return <Sentence of="stability.lead.noIndex" values={{ weight: number(index.weight, language.value) }} />;
  const band = t(`stability.band.${index.band}`);
  const limiting = limitingParts(data);
  if (limiting.length === 0) return <Sentence of="stability.lead.full" values={{ index: shown, band }} />;
  const part = limiting.map(({ part: name, kpi }, n) => (
    <Fragment key={name}>
      {n > 0 && joint(n, limiting.length)}
      <a href={listOf(data, kpi)}>{t(`stability.inPart.${name}`)}</a>
    </Fragment>
  ));
  return <Sentence of="stability.lead.index" values={{ index: shown, band, part }} />;
}

function LostSentence({ data }: { data: Stability }) {
  const kpi = kpiOf(data, 'lost_hours');
  const link = (text: string) => <a href={listOf(data, 'lost_hours')}>{text}</a>;
  const [first] = data.incidents.toSorted((a, b) => b.lost - a.lost);
  const value = kpi?.value ?? null;
  if (value === null) return <>{kpiWord('lost_hours', 'nothing')}</>;
  if (value === 0 || !first)
    return <Sentence of="stability.lead.nothingLost" values={{ hours: link(formatHours(0)) }} />;
  const incident = <a href={to.incident(first.ticket.id)}>#{first.ticket.id}</a>;
  const share = percent((100 * first.lost) / value, language.value, 0);
  const values = { hours: link(formatHours(value)), share, incident };
  const about = formatAbout(kpi);
  if (about === null) return <Sentence of="stability.lead.lost" values={values} />;
  return <Sentence of="stability.lead.lostMoney" values={{ ...values, about }} />;
}

/** What is not known may be more than what is. */
function OpenSentence({ data }: { data: Stability }) {
  const kpi = kpiOf(data, 'lost_hours');
  const [unconfirmed, unknown] = [besideOf(kpi, 'unconfirmed') ?? 0, besideOf(kpi, 'unknown') ?? 0];
  const hours = <a href="#causes">{formatHours(unconfirmed)}</a>;
  const n = <a href="#actions">{number(unknown, language.value)}</a>;
  return (
    <>
      {unconfirmed > 0 && <Sentence of="stability.lead.unconfirmed" values={{ hours }} />}{' '}
      {unknown > 0 && <Sentence of="stability.lead.unknown" values={{ n }} />}
    </>
  );
}

function ChangeSentence({ data }: { data: Stability }) {
  const { before, index, compared } = data;
  if (!before || index.value === null || !compared) return null;
  const query = withQuery('', { period: compared.period.name, site: compared.site });
  const value = <a href={`/stability${query}`}>{formatIndex(before.value)}</a>;
  const values = { month: comparedName(data), value };
  if (formatIndex(before.value) === formatIndex(index.value))
    return <Sentence of="stability.lead.same" values={values} />;
  if (compared.verdict === 'unclear')
    return <Sentence of={`stability.lead.unclear.${unclearBecause(data)}`} values={values} />;
  const isWorse = before.change < 0;
  const part = <a href="#parts">{t(`stability.inPart.${mostMoved(before)}`)}</a>;
  return isWorse ? (
    <Sentence of="stability.lead.worse" values={{ ...values, part }} />
  ) : (
    <Sentence of="stability.lead.better" values={{ ...values, part }} />
  );
}

/** Of periods of which a part was monitored, the numbers are of that part: said here, for all numbers of the page. */
function PartSentences({ data }: { data: Stability }) {
  const notes = [data, data.compared].flatMap((of) => {
    const note = of && monitoredText(of, language.value);
    return of && note ? t('stability.lead.part', { month: formatMonth(of.period.name), note }) : [];
  });
  return <>{[...new Set(notes)].join(' ')}</>;
}

export function Lead({ data }: { data: Stability }) {
  return (
    <p class="lead">
      <IndexSentence data={data} /> <LostSentence data={data} /> <OpenSentence data={data} />{' '}
      <ChangeSentence data={data} /> <PartSentences data={data} />
    </p>
  );
}

interface AboutProps {
  data: Stability;
  /** What a report says of itself: weeks, quarters and months of another zone are never closed. */
  isFinal?: boolean | undefined;
}

function State({ data: { provisional, closed, period }, isFinal }: AboutProps): ComponentChildren {
  if (closed && closed.revision > 0) {
    const { by, at } = closed;
    const reason = by === 'monitor' ? t('stability.settled') : closed.reason;
    const values = { n: closed.revision, by: actorName(by), at: dayIn(at, period, language.value), reason };
    return (
      <>
        <span class="tag">{t('stability.revised')}</span> {t('stability.revisedBy', values)}
      </>
    );
  }
  if (closed) return t('stability.closed', { at: dayIn(closed.at, period, language.value) });
  if (isFinal === true) return t('report.final');
  return <span class="tag">{t(provisional || isFinal === false ? 'stability.provisional' : 'stability.open')}</span>;
}

/** The month, its zone, how sure it is, and of how many: beside every number of the page. */
export function About({ data, isFinal }: AboutProps) {
  const { period, asOf, coverage, endpoints, site } = data;
  return (
    <ul class="dots quiet small">
      <li class="strong">{formatMonth(period.name)}</li>
      <li>{site ?? t('stability.allSites')}</li>
      <li>
        <State data={data} isFinal={isFinal} />
      </li>
      <li>{t('stability.zone', { zone: period.zone })}</li>
      <li>{t('common.asOf', { at: instantBeside(asOf, period, language.value) })}</li>
      <li>
        {t('stability.coverage')} {percent(coverage, language.value, 1)}
      </li>
      <li>{t('stability.nEndpoints', { n: number(endpoints, language.value) })}</li>
    </ul>
  );
}
