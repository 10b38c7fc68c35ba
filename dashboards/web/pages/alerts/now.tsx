/** What fires now and who has it: by rule and site, what nobody has first; for the keyboard and for a thumb. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { AlertGroup, AlertGroups } from '../../../../shared/alert-groups.ts';
import type { Alert } from '../../../../shared/api.ts';
import { alertViews } from '../../../../shared/choices.ts';
import { number } from '../../../../shared/words/format.ts';
import { useKeys } from '../../keys.ts';
import { useKept, useLoad } from '../../net/load.ts';
import { may } from '../../net/session.ts';
import { Bones, Empty, PageHead, ProblemCallout } from '../../parts/box.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Choices } from '../../parts/field.tsx';
import { SeverityMark } from '../../parts/mark.tsx';
import { Ago } from '../../parts/moment.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { Toast } from '../../parts/toast.tsx';
import { navigate, search, setQuery, to, withQuery } from '../../router.ts';
import { alertName } from '../../words/value.ts';
import { actorName, language, t } from '../../words/words.ts';
import { silenceHref } from '../silence-link.ts';
import { acknowledge, take } from './acts.tsx';
import { Noise } from './noise.tsx';
import { AlertTabs } from './tabs.tsx';
import { AlertState, Handed, instanceOf, limitOf, measuredOf, titleOf, untilText } from './words.tsx';

type View = (typeof alertViews)[number];

const n = (value: number) => number(value, language.value);

function Lead({ counts: { critical, needs, owned, all } }: Pick<AlertGroups, 'counts'>) {
  if (all === 0) return <>{t('alert.now.none')}</>;
  const link = (show: View | null, value: number) => (
    <a href={`/alerts${withQuery('', { show })}`}>
      <strong>{n(value)}</strong>
    </a>
  );
  if (needs === 0) return <Sentence of="alert.now.allOwned" values={{ owned: link(null, owned) }} />;
  return (
    <Sentence
      of="alert.now.lead"
      values={{ critical: link('needs', critical), others: link('needs', needs - critical), owned: link(null, owned) }}
    />
  );
}

interface RowProps {
  group: AlertGroup;
  isSelected: boolean;
  isOpen: boolean;
  onSelect: () => void;
  onOpen: () => void;
  onDone: () => void;
}

/** All of other monitoring in one group have one name there. */
const nameOf = ({ rule, alerts: [first] }: Pick<AlertGroup, 'rule' | 'alerts'>) =>
  alertName({ rule, tags: first?.tags ?? {} });

/** One line of facts: what it is about, how bad, since when. */
function What({ group, isOpen, onOpen }: Pick<RowProps, 'group' | 'isOpen' | 'onOpen'>) {
  const { alerts, site, count, endpoints } = group;
  const [only] = alerts;
  return (
    <div class="what">
      <div class="title">
        <SeverityMark severity={group.severity} />{' '}
        {count === 1 && only ? (
          <a class="strong" data-row href={to.alert(only.id)}>
            {titleOf(only)}
          </a>
        ) : (
          <button type="button" class="link strong" data-row aria-expanded={isOpen} onClick={onOpen}>
            {nameOf(group)}
          </button>
        )}{' '}
        {only && alerts.every(({ state }) => state === 'unknown') && <AlertState alert={only} />}
      </div>
      <div class="small">
        {count === 1 && only ? (
          <Measured alert={only} />
        ) : (
          t('alert.now.members', { n: n(count), endpoints: n(endpoints) })
        )}{' '}
        {site !== null && <span class="tag">{site}</span>}
      </div>
    </div>
  );
}

function Measured({ alert }: { alert: Alert }) {
  return (
    <>
      <EndpointLink of={alert.endpoint} /> <span class="quiet">{instanceOf(alert)}</span>{' '}
      <span class="strong nowrap">{measuredOf(alert)}</span> <span class="quiet nowrap">{limitOf(alert)}</span>
    </>
  );
}

/** How long, who has it until when, under which ticket. */
function Who({ group: { since, owners, unowned, count, tickets, alerts } }: Pick<RowProps, 'group'>) {
  const until = alerts[0]?.acknowledgedUntil ?? null;
  const handed = alerts.find(({ handedTo }) => handedTo !== null);
  return (
    <div class="who small">
      <Ago at={since} />{' '}
      {unowned === count ? (
        <span class="strong">{t('alert.now.nobody')}</span>
      ) : (
        <span>
          {owners.map(actorName).join(', ')}
          {unowned > 0 && ` · ${t('alert.now.unowned', { n: n(unowned) })}`}
          {unowned === 0 && until !== null && <span class="quiet nowrap"> {untilText(until)}</span>}
          {handed && <Handed alert={handed} />}
        </span>
      )}{' '}
      {tickets.map((ticket) => (
        <a key={ticket} href={to.ticket(ticket)}>
          #{ticket}
        </a>
      ))}
    </div>
  );
}

function Members({ group: { alerts, count, rule } }: Pick<RowProps, 'group'>) {
  return (
    <ul class="members">
      {alerts.map((alert) => (
        <li key={alert.id}>
          <SeverityMark severity={alert.severity} />{' '}
          <a data-row href={to.alert(alert.id)}>
            {alert.endpoint.name}
          </a>{' '}
          <span class="quiet">{instanceOf(alert)}</span> <span class="strong nowrap">{measuredOf(alert)}</span>{' '}
          <span class="small">
            <Ago at={alert.firedAt ?? alert.pendingAt} />{' '}
            {alert.acknowledgedBy === null ? '' : actorName(alert.acknowledgedBy)}{' '}
            {(alert.state !== 'firing' || alert.suppressedBy.length > 0) && <AlertState alert={alert} />}
          </span>
        </li>
      ))}
      {count > alerts.length && (
        <li>
          <a href={`/alerts${withQuery('', { rule: rule.id, alertname: alerts[0]?.tags.alertname ?? null })}`}>
            {t('common.showAll', { n: n(count) })}
          </a>
        </li>
      )}
    </ul>
  );
}

function Row({ group, isSelected, isOpen, onSelect, onOpen, onDone }: RowProps) {
  const mayAct = may('operator') && group.alerts[0]?.state !== 'pending';
  const about = `${nameOf(group)} ${group.site ?? group.alerts[0]?.endpoint.name ?? ''}`;
  return (
    <li class={isSelected ? 'alert-row selected' : 'alert-row'} data-group={group.key}>
      {may('operator') && (
        <label class="pick">
          <input type="checkbox" checked={isSelected} onChange={onSelect} />
          <span class="unseen">
            {t('alert.now.select')} {about}
          </span>
        </label>
      )}
      <What group={group} isOpen={isOpen} onOpen={onOpen} />
      <Who group={group} />
      {mayAct && (
        <div class="acts">
          {group.unowned > 0 && (
            <button type="button" class="button slim" onClick={() => void acknowledge(unownedIn(group), onDone)}>
              {t('alert.acknowledge')}
              <span class="unseen"> {about}</span>
            </button>
          )}
          <a class="button slim" href={silenceHref([group])}>
            {t('alert.now.silence')}
            <span class="unseen"> {about}</span>
          </a>
        </div>
      )}
      {isOpen && group.count > 1 && <Members group={group} />}
    </li>
  );
}

/** Members that nobody has: they come first. */
const unownedIn = ({ ids, unowned }: AlertGroup) => (unowned === 0 ? ids : ids.slice(0, unowned));

const focusedGroup = () => document.activeElement?.closest<HTMLElement>('[data-group]')?.dataset.group ?? null;

/** The rows as they stand on the page, and the one that has the focus, also where a box or button of it has. */
function rowsIn(list: HTMLElement | null) {
  const links = [...(list?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const key = focusedGroup();
  return { links, at: at >= 0 || key === null ? at : links.findIndex((link) => groupAt(link) === key) };
}

const groupAt = (link: HTMLElement) => link.closest<HTMLElement>('[data-group]')?.dataset.group;

/** Where the keys stand in a list that is drawn anew and ordered anew under them. */
function usePlace(list: { readonly current: HTMLElement | null }, groups: readonly AlertGroup[]) {
  const place = useRef<string | null>(null);
  const keep = () => {
    place.current = focusedGroup();
  };
  const move = (step: 1 | -1) => {
    const { links, at } = rowsIn(list.current);
    links[at < 0 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
    keep();
  };
  /** Away from rows that go elsewhere: to the next one that stays, else to the last one before. */
  const leave = (going: readonly AlertGroup[]) => {
    const { links, at } = rowsIn(list.current);
    if (at < 0) return;
    const gone = new Set(going.map(({ key }) => key));
    const stays = (link: HTMLElement) => !gone.has(groupAt(link) ?? '');
    (links.slice(at).find(stays) ?? links.slice(0, at).findLast(stays))?.focus();
    keep();
  };
  // A row that is moved loses the focus, and with it whoever works by keys loses the place.
  useLayoutEffect(() => {
    if (place.current === null || document.activeElement !== document.body) return;
    const { links } = rowsIn(list.current);
    links.find((link) => groupAt(link) === place.current)?.focus({ preventScroll: true });
  }, [groups]);
  return { keep, move, leave };
}

export function AlertsNow() {
  const wanted = new URLSearchParams(search.value).get('show');
  const show: View = alertViews.find((one) => one === wanted) ?? 'all';
  const loaded = useLoad<AlertGroups>(`alerts/groups?show=${show}`, (change) => change.kind === 'alert');
  const data = useKept(loaded);
  const list = useRef<HTMLOListElement>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const groups = data?.groups ?? [];
  const chosen = groups.filter(({ key }) => selected.has(key));
  const toggled = (keys: ReadonlySet<string>, key: string) => {
    const next = new Set(keys);
    if (!next.delete(key)) next.add(key);
    return next;
  };
  /** What a key acts on: the selected ones, else the one with the focus. */
  const targets = () => (chosen.length > 0 ? chosen : groups.filter(({ key }) => key === focusedGroup()));
  const withTargets = (work: (some: readonly AlertGroup[]) => void) => {
    const some = targets();
    if (some.length > 0) work(some);
  };
  const done = () => {
    setSelected(new Set());
    loaded.reload();
  };
  const acknowledgeAll = (some: readonly AlertGroup[]) => void acknowledge(some.flatMap(unownedIn), done);
  const takeAll = (some: readonly AlertGroup[]) =>
    void take(
      some.flatMap(({ alerts }) => alerts),
      some.flatMap(({ ids }) => ids),
      done,
    );
  const { keep, move, leave } = usePlace(list, groups);
  useKeys({
    j: ['keys.next', () => move(1)],
    k: ['keys.previous', () => move(-1)],
    Enter: ['keys.open', null],
    ...(may('operator') && {
      x: [
        'keys.select',
        () => {
          const key = focusedGroup();
          if (key !== null) setSelected(toggled(selected, key));
          keep();
        },
      ],
      Escape: ['keys.clear', () => setSelected(new Set())],
      // What somebody has goes down the list: the next key is meant for the one that comes now.
      a: ['alert.acknowledge', () => withTargets((some) => (leave(some), acknowledgeAll(some)))],
      t: ['keys.take', () => withTargets((some) => (leave(some), takeAll(some)))],
      s: ['alert.now.silence', () => withTargets((some) => navigate(silenceHref(some)))],
    }),
  });
  const counts = data?.counts;
  return (
    <>
      <PageHead title={t('page.alerts')} lead={data && <Lead counts={data.counts} />} />
      <AlertTabs current="now" />
      {chosen.length > 0 ? (
        <section key="bulk" class="bulk" aria-label={t('alert.now.bulk')}>
          <span class="strong" role="status">
            {t('alert.now.selected', { n: n(chosen.reduce((sum, { count }) => sum + count, 0)) })}
          </span>
          <button type="button" class="button main" onClick={() => acknowledgeAll(chosen)}>
            {t('alert.acknowledge')}
          </button>
          <button type="button" class="button" onClick={() => takeAll(chosen)}>
            {t('alert.now.take')}
          </button>
          <a class="button" href={silenceHref(chosen)}>
            {t('alert.now.silence')}
          </a>
          <button type="button" class="link" onClick={() => setSelected(new Set())}>
            {t('keys.clear')}
          </button>
        </section>
      ) : (
        <Choices
          label={t('alert.filter')}
          value={show}
          options={alertViews.map(
            (view) => [view, `${t(`alert.now.views.${view}`)}${counts ? ` ${n(counts[view])}` : ''}`] as const,
          )}
          onChoose={(view) => setQuery({ show: view === 'all' ? null : view })}
        />
      )}
      {/* With a key: else the bar above is taken for it, and all of it is drawn anew. */}
      <section key="list" class="box" aria-busy={loaded.loading}>
        {loaded.problem && <ProblemCallout problem={loaded.problem} retry={loaded.reload} />}
        {data === null && !loaded.problem && <Bones />}
        {data !== null && groups.length === 0 && (
          <Empty icon="ok" title={t(show === 'all' ? 'alert.none.now' : 'alert.none.such')}>
            <p>{t('alert.noneLead')}</p>
          </Empty>
        )}
        {groups.length > 0 && (
          <ol class="alert-rows" ref={list}>
            {groups.map((group) => (
              <Row
                key={group.key}
                group={group}
                isSelected={selected.has(group.key)}
                isOpen={open.has(group.key)}
                onSelect={() => setSelected(toggled(selected, group.key))}
                onOpen={() => setOpen(toggled(open, group.key))}
                onDone={loaded.reload}
              />
            ))}
          </ol>
        )}
        {data !== null && data.more > 0 && <p class="box-body quiet">{t('alert.now.more', { n: n(data.more) })}</p>}
        {data !== null && data.cutAt !== null && (
          <p class="box-body quiet">{t('alert.now.cut', { n: n(data.cutAt) })}</p>
        )}
      </section>
      <Noise />
      <Toast />
    </>
  );
}
