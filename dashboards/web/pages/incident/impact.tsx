/** What an incident did to people: estimated until somebody confirms or corrects it; all versions stay. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Impact, SiteRow } from '../../../../shared/api.ts';
import { number } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { search, setQuery } from '../../router.ts';
import { actorName, language, t } from '../../words/words.ts';
import { ImpactForm } from './impact-form.tsx';
import { formatFactor } from './impact-words.ts';
import '../../look/incident.css';

type Segments = Impact['segments'];
type NameOf = (site: string | null) => string;

const keyOf = ({ start, end, affected }: Segments[number]) => `${start} ${end} ${affected.map(({ site }) => site)}`;

function SegmentTable({ segments, nameOf }: { segments: Segments; nameOf: NameOf }) {
  return (
    <Table
      caption={t('impact.title')}
      rows={segments}
      keyOf={keyOf}
      columns={[
        { key: 'from', head: t('interval.from'), cell: ({ start }) => <Moment at={start} /> },
        {
          key: 'to',
          head: t('interval.to'),
          cell: ({ end }) => (end === null ? t('impact.lasts') : <Moment at={end} />),
        },
        { key: 'factor', head: t('impact.howMuch'), cell: ({ factor }) => formatFactor(factor) },
        {
          key: 'who',
          head: t('impact.people'),
          cell: ({ affected }) => (
            <ul>
              {affected.map(({ site, people }) => (
                <li key={site}>{t('impact.peopleAt', { n: number(people, language.value), site: nameOf(site) })}</li>
              ))}
            </ul>
          ),
        },
      ]}
    />
  );
}

function Reasons({ reasons }: Pick<Impact, 'reasons'>) {
  return reasons.map(({ code, site, endpoints }) => (
    <div key={code} class="small">
      <p>{t(`impact.reason.${code}`, { site: site ?? '', endpoints: endpoints.map(({ name }) => name).join(', ') })}</p>
      <ul class="row">
        {endpoints.map(({ id, name }) => (
          <li key={id}>
            <EndpointLink of={{ id, name }} tab="about" />
          </li>
        ))}
      </ul>
    </div>
  ));
}

function Versions({ versions, nameOf }: { versions: Impact['versions']; nameOf: NameOf }) {
  if (versions.length === 0) return null;
  return (
    <details class="box-body">
      <summary>{t('impact.versions', { n: number(versions.length, language.value) })}</summary>
      <ol class="stack">
        {versions.map(({ at, by, reason, segments }) => (
          <li key={at}>
            <p>
              <Moment at={at} shape="long" /> · {actorName(by)}: {reason}
            </p>
            {segments.length === 0 ? <p>{t('impact.nobody')}</p> : <SegmentTable segments={segments} nameOf={nameOf} />}
          </li>
        ))}
      </ol>
    </details>
  );
}

function State({ impact: { stated, segments } }: { impact: Impact }) {
  if (stated)
    return (
      <span class="small">
        {t('impact.statedBy', { name: actorName(stated.by) })} <Moment at={stated.at} />: {stated.reason}
      </span>
    );
  return segments.length > 0 ? <span class="tag hatched">{t('impact.estimated')}</span> : null;
}

interface ImpactProps {
  ticket: number;
  /** Where a new segment begins. */
  from: number;
}

export function ImpactBox({ ticket, from }: ImpactProps) {
  const asked = new URLSearchParams(search.value).get('impact');
  const mode = asked === 'confirm' || asked === 'correct' ? asked : null;
  const place = useRef<HTMLElement>(null);
  const loaded = useLoad<Impact>(
    `tickets/${ticket}/impact`,
    (change) => change.kind === 'ticket' && change.ticket === ticket,
  );
  const sites = useLoad<Page<SiteRow>>('sites');
  const [shownFor, setShownFor] = useState<string | null>(null);
  const isReady = loaded.data !== null && sites.data !== null;
  useEffect(() => {
    if (!isReady || mode === shownFor) return;
    setShownFor(mode);
    if (mode !== null) place.current?.scrollIntoView({ block: 'center' });
  }, [isReady, mode, shownFor]);
  const items = sites.data?.items ?? [];
  // Until the names have come, an id would flash by.
  const isNamed = sites.data !== null || sites.problem !== null;
  const nameOf: NameOf = (site) =>
    items.find(({ id }) => id === site)?.name ?? (isNamed || site === null ? (site ?? t('stability.noSite')) : '…');
  const close = () => setQuery({ impact: null });
  return (
    <section ref={place} id="impact">
      <Box title={t('impact.title')} aside={loaded.data && <State impact={loaded.data} />} flush>
        <Ready of={loaded} lines={2}>
          {(impact) => (
            <>
              {impact.segments.length > 0 && (
                <div class={impact.stated ? '' : 'estimated'}>
                  <SegmentTable segments={impact.segments} nameOf={nameOf} />
                </div>
              )}
              <div class="box-body stack-2">
                {impact.segments.length === 0 && (
                  <p class={impact.stated ? '' : 'quiet'}>{impact.stated ? t('impact.nobody') : t('impact.none')}</p>
                )}
                <Reasons reasons={impact.reasons} />
                {may('operator') && mode === null && (
                  <div class="row screen-only">
                    {impact.stated === null && impact.segments.length > 0 && (
                      <button type="button" class="button" onClick={() => setQuery({ impact: 'confirm' })}>
                        {t('impact.confirm')}
                      </button>
                    )}
                    <button type="button" class="button" onClick={() => setQuery({ impact: 'correct' })}>
                      {t('impact.correct')}
                    </button>
                  </div>
                )}
                {may('operator') && mode !== null && sites.data && (
                  <ImpactForm
                    key={mode}
                    ticket={ticket}
                    impact={impact}
                    sites={items}
                    from={from}
                    confirm={mode === 'confirm'}
                    onCancel={close}
                    onDone={() => {
                      close();
                      loaded.reload();
                    }}
                  />
                )}
              </div>
              <Versions versions={impact.versions} nameOf={nameOf} />
            </>
          )}
        </Ready>
      </Box>
    </section>
  );
}
