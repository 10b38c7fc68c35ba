/** What becomes of a join code while the page is open: the machine the moment it is there, or why it is not. */
import { useEffect } from 'preact/hooks';
import type { Enrollment } from '../../../../shared/api.ts';
import type { JoinProgress } from '../../../../shared/joining.ts';
import { duration } from '../../../../shared/words/format.ts';
import { now } from '../../clock.ts';
import { useLoad } from '../../net/load.ts';
import { Callout } from '../../parts/box.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { language, t, wordOr } from '../../words/words.ts';

const lookMs = 2000;
/** Before the script was fetched, the name, the port or a proxy is in the way then; after, the download or what the machine says. */
const slowMs = 60_000;

function Refused({ one }: { one: JoinProgress['refused'][number] }) {
  return (
    <Callout tone="warning" title={t('add.refusedFrom', { address: one.address })}>
      <p>
        {wordOr('problem', `${one.why}.message`, one.message)} <Ago at={one.at} />
      </p>
      <p>{wordOr('problem', `${one.why}.hint`, one.hint)}</p>
      {one.isUnknown && <p class="quiet">{t('add.refusedUnknown')}</p>}
    </Callout>
  );
}

export function Progress({ code }: { code: Enrollment }) {
  const loaded = useLoad<JoinProgress>(`enrollments/${encodeURIComponent(code.id)}/progress`);
  const { reload, data } = loaded;
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, lookMs);
    return () => clearInterval(timer);
  }, [reload]);
  if (!data) return null;
  const { machines, fetchedAt, refused } = data;
  const isSlow = machines.length === 0 && now.value - (fetchedAt ?? code.createdAt) > slowMs;
  // Not among what is spoken when it changes: it changes each second.
  return (
    <>
      {machines.length === 0 && (
        <p class="quiet">
          {t('add.waiting', { time: duration(Math.max(0, (now.value - code.createdAt) / 1000), language.value) })}
        </p>
      )}
      <div class="stack" role="status">
        {fetchedAt !== null && (
          <p>
            <Mark tone="ok" icon="online">
              {t('add.fetched')}
            </Mark>{' '}
            <Moment at={fetchedAt} />
          </p>
        )}
        {machines.map((one) => (
          <p key={one.id}>
            <Mark tone={one.reports ? 'ok' : 'idle'} icon={one.reports ? 'online' : 'offline'}>
              {t(one.reports ? 'add.reports' : 'add.enrolled')}
            </Mark>{' '}
            <EndpointLink of={one} /> <Ago at={one.at} />
          </p>
        ))}
        {isSlow && <p>{t(fetchedAt === null ? 'add.slow' : 'add.slowFetched')}</p>}
        {refused.map((one) => (
          <Refused key={`${one.at} ${one.address}`} one={one} />
        ))}
      </div>
    </>
  );
}
