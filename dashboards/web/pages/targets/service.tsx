/** One service: how it is and why, what it is made of, how it was, what follows from it, and planned work. */
import type { ServiceDetail, ServicePart } from '../../../../shared/target-api.ts';
import { seenText } from '../../../../shared/words/finding.ts';
import { duration, none } from '../../../../shared/words/format.ts';
import { now } from '../../clock.ts';
import { useLoad } from '../../net/load.ts';
import { may } from '../../net/session.ts';
import { Box, PageHead, Ready } from '../../parts/box.tsx';
import { Crumbs } from '../../parts/crumbs.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { to } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { MaintenanceLink } from '../maintenance/link.tsx';
import { format, needOf, WatchedMark } from './facts.tsx';
import { Availability, Outages, Past } from './record.tsx';

/** The first line answers: how it is, since when, and by what. */
function Lead({ of }: { of: ServiceDetail }) {
  const up = of.parts.filter(({ state }) => state === 'up').length;
  const values = {
    time: duration(Math.max(1, Math.round((now.value - of.since) / 1000)), language.value),
    up: format(up),
    all: format(of.finding.parts),
  };
  const names = (state: ServicePart['state']) =>
    of.parts
      .filter((part) => part.state === state && part.kind !== 'gone')
      .map(({ name }) => name)
      .join(', ');
  if (of.state === 'down') return <>{t('service.leadDown', { ...values, parts: names('down') })}</>;
  if (of.finding.parts === 0) return <>{t('finding.noParts')}</>;
  if (of.state === 'unknown') return <>{t('service.leadUnknown', { ...values, parts: names('unknown') })}</>;
  return <>{t(up === of.finding.parts ? 'service.leadUp' : 'service.leadSpare', values)}</>;
}

function Parts({ of }: { of: ServiceDetail }) {
  const seen = new Map(of.finding.down.map(({ id, finding }) => [id, finding]));
  const downMs = new Map(of.partsDown.map((part) => [part.id, part.downMs]));
  return (
    <Box
      title={t('service.parts')}
      aside={<span class="small quiet">{t('service.mustWork', { need: needOf(of) })}</span>}
      flush
    >
      <Table
        caption={t('service.parts')}
        rows={of.parts}
        keyOf={({ id }) => id}
        columns={[
          {
            key: 'name',
            head: t('target.name'),
            cell: ({ id, name, kind }) =>
              kind === 'gone' ? (
                <span class="quiet">{t('service.gone')}</span>
              ) : (
                <div class="named">
                  <a class="strong" href={to.endpoint(id)}>
                    {name}
                  </a>
                  <div class="quiet small">{t(`service.partKind.${kind}`)}</div>
                </div>
              ),
          },
          { key: 'state', head: t('target.stateHead'), cell: ({ state }) => <WatchedMark state={state} /> },
          {
            key: 'since',
            head: t('target.since'),
            cell: ({ since }) => (since === null ? none : <Ago at={since} />),
          },
          {
            key: 'seen',
            head: t('finding.head.seen'),
            cell: ({ id }) => {
              const finding = seen.get(id);
              if (!finding) return none;
              return (
                <div>
                  {seenText(language.value, finding)}
                  <div class="quiet small">{finding.address}</div>
                </div>
              );
            },
          },
          {
            key: 'took',
            head: t('service.tookDown'),
            right: true,
            cell: ({ id }) => {
              const ms = downMs.get(id);
              return ms === undefined ? none : duration(Math.round(ms / 1000), language.value);
            },
          },
        ]}
      />
    </Box>
  );
}

function Planned({ of: { maintenance } }: { of: ServiceDetail }) {
  return (
    <Box title={t('service.planned')} aside={<a href="/maintenance">{t('page.maintenance')}</a>}>
      {maintenance.length === 0 ? (
        <p class="quiet">{t('service.nonePlanned')}</p>
      ) : (
        <ul class="stack-2">
          {maintenance.map(({ id, start, end, reason, covers, isOut }) => (
            <li key={`${id}${start}`}>
              <Moment at={start} shape="long" /> – <Moment at={end} shape="long" />: {reason}
              <div class="small quiet">
                {t(isOut ? 'service.plannedOut' : 'service.plannedSpare', {
                  parts: covers.map(({ name }) => name).join(', '),
                })}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Box>
  );
}

function Dependents({ of: { dependents, dependentSites } }: { of: ServiceDetail }) {
  return (
    <Box title={t('service.dependents')}>
      {dependents.length + dependentSites.length === 0 ? (
        <p class="quiet">{t('service.noDependents')}</p>
      ) : (
        <ul>
          {dependentSites.map(({ id, name }) => (
            <li key={id}>
              <a href={to.site(id)}>{name}</a> <span class="quiet small">{t('filter.name.site')}</span>
            </li>
          ))}
          {dependents.map(({ id, name }) => (
            <li key={id}>
              <a href={to.endpoint(id)}>{name}</a>
            </li>
          ))}
        </ul>
      )}
    </Box>
  );
}

export function ServicePage({ id }: { id: string }) {
  const loaded = useLoad<ServiceDetail>(
    `services/${encodeURIComponent(id)}`,
    ({ kind }) => kind === 'target' || kind === 'endpoint' || kind === 'maintenance',
    2000,
  );
  return (
    <>
      <Crumbs list="services" title={loaded.data?.name ?? null} />
      <PageHead title={loaded.data?.name ?? t('page.service')} lead={loaded.data && <Lead of={loaded.data} />}>
        {may('operator') && (
          <>
            <MaintenanceLink of="endpoint" target={id} />
            <a class="button" href={`/services?service=${encodeURIComponent(id)}`}>
              {t('service.edit')}
            </a>
          </>
        )}
      </PageHead>
      <Ready of={loaded} lines={8}>
        {(detail) => (
          <>
            {detail.note !== '' && <p class="place-note">{detail.note}</p>}
            <Parts of={detail} />
            <Past record={detail.record} />
            <Availability record={detail.record} />
            <Outages record={detail.record} />
            <Planned of={detail} />
            <Dependents of={detail} />
          </>
        )}
      </Ready>
    </>
  );
}
