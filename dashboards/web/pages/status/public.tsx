/** For whoever asks whether it works: one sentence, ninety days, and what people said. No navigation, no names of machines. */
import { useEffect } from 'preact/hooks';
import type { StatusAnswer } from '../../../../shared/api.ts';
import { cutPercent, duration, number, time } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { me } from '../../net/session.ts';
import { Empty, Ready } from '../../parts/box.tsx';
import { Icon, type IconName } from '../../parts/icon.tsx';
import { Mark, type Tone } from '../../parts/mark.tsx';
import { LanguageSwitch, ThemeSwitch } from '../../parts/switches.tsx';
import { DayStrip, StateKey } from '../../parts/timeline.tsx';
import { language, t } from '../../words/words.ts';
import '../../look/status.css';

type StatusPart = StatusAnswer['components'][number];

const looks: Record<StatusPart['state'], [Tone, IconName]> = {
  works: ['ok', 'ok'],
  disturbed: ['warning', 'warning'],
  down: ['critical', 'critical'],
  maintenance: ['info', 'maintenance'],
  unknown: ['unknown', 'unknown'],
};

const listed = (parts: readonly StatusPart[]) =>
  new Intl.ListFormat(language.value, { type: 'conjunction' }).format(parts.map(({ name }) => name));

/** `All works except Mail (Osaka), since 02:14; next word 03:00.` */
function sentenceOf({ components, next, hasWord, zone }: StatusAnswer): [Tone, IconName, string] {
  const of = (...states: StatusPart['state'][]) => components.filter(({ state }) => states.includes(state));
  const at = (when: number) => time(when, language.value, 'moment', zone);
  const bad = of('disturbed', 'down');
  const [unknown, work] = [of('unknown'), of('maintenance')];
  const said: string[] = [];
  if (bad.length > 0) {
    const since = at(Math.min(...bad.map((one) => one.since ?? Number.POSITIVE_INFINITY)));
    const values = { names: listed(bad), since };
    // Of what is not known it must not be said that it works.
    said.push(
      bad.length === components.length || unknown.length > 0
        ? t('status.lead.none', values)
        : t('status.lead.except', values),
    );
    said.push(next !== null ? t('status.lead.next', { at: at(next) }) : hasWord ? '' : t('status.lead.noWord'));
  } else if (unknown.length < components.length) said.push(unknown.length > 0 ? '' : t('status.lead.all'));
  if (unknown.length > 0) said.push(t('status.lead.unknown', { names: listed(unknown) }));
  if (work.length > 0) said.push(t('status.lead.maintenance', { names: listed(work) }));
  const worst = [...of('down'), ...bad, ...unknown, ...work, ...components][0];
  const [tone, icon] = looks[worst?.state ?? 'unknown'];
  return [tone, icon, said.filter(Boolean).join(' ')];
}

/** Of the days that are known: a page that is young must not speak of ninety. */
function availabilityOf({ availability, days, basis }: StatusPart): string {
  const known = days.filter(({ up, down }) => up + down > 0).length;
  return t(basis === 'servers' ? 'status.availability' : 'status.available', {
    value: cutPercent(availability, language.value),
    n: number(known, language.value),
  });
}

function Part({ part, zone }: { part: StatusPart; zone: string }) {
  const [tone, icon] = looks[part.state];
  return (
    <li class="status-part">
      <div class="spread">
        <strong>{part.name}</strong>
        <Mark tone={tone} icon={icon}>
          {t(`status.state.${part.state}`)}
        </Mark>
      </div>
      <DayStrip name={part.name} days={part.days} to={(part.days.at(-1)?.at ?? 0) + 86_400_000} zone={zone} />
      <div class="ends quiet small">
        <span>{time(part.days[0]?.at, language.value, 'day', zone)}</span>
        <span>{t('status.today')}</span>
      </div>
      <p class="quiet small">{availabilityOf(part)}</p>
      <Spans part={part} zone={zone} />
    </li>
  );
}

/** Outages and planned work, with nothing about what was the matter: people say that in notices. */
function Spans({ part: { outages, work }, zone }: { part: StatusPart; zone: string }) {
  const at = (when: number) => time(when, language.value, 'moment', zone);
  if (outages.length + work.length === 0) return null;
  return (
    <details>
      <summary class="small">
        {t('status.spans', {
          outages: number(outages.length, language.value),
          work: number(work.length, language.value),
        })}
      </summary>
      <ul class="small">
        {work.map(({ from, to }) => (
          <li key={`work ${from}`}>{t('status.work', { from: at(from), to: at(to) })}</li>
        ))}
        {outages.map(({ from, to }) => (
          <li key={`outage ${from}`}>
            {to === null
              ? t('status.outageNow', { from: at(from) })
              : t('status.outage', {
                  from: at(from),
                  to: at(to),
                  time: duration(Math.round((to - from) / 1000), language.value),
                })}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Notices({ answer: { notices, components, zone } }: { answer: StatusAnswer }) {
  const at = (when: number) => time(when, language.value, 'moment', zone);
  if (notices.length === 0) return <p class="quiet">{t('status.noNotices')}</p>;
  return (
    <ol class="status-notices">
      {notices.map(({ id, component, title, beganAt, endedAt, updates }) => (
        <li key={id} class="box">
          <div class="box-body stack-2">
            <div class="spread">
              <h3>{title}</h3>
              <span class={`tag ${endedAt === null ? 'tone-warning' : ''}`}>
                {endedAt === null ? t('status.open') : t('status.over')}
              </span>
            </div>
            <p class="quiet small">
              {components.find((one) => one.id === component)?.name ?? t('status.allParts')} · {at(beganAt)}
              {endedAt !== null && ` – ${at(endedAt)}`}
            </p>
            {updates.toReversed().map((update) => (
              <p key={update.at} class="status-words">
                <span class="quiet small">{at(update.at)}</span> {update.words}
                {update.nextAt !== null && endedAt === null && (
                  <span class="quiet"> {t('status.lead.next', { at: at(update.nextAt) })}</span>
                )}
              </p>
            ))}
          </div>
        </li>
      ))}
    </ol>
  );
}

function Answer({ answer }: { answer: StatusAnswer }) {
  const [tone, icon, sentence] = sentenceOf(answer);
  useEffect(() => {
    document.title = answer.title;
  });
  return (
    <>
      <h1 tabIndex={-1}>{answer.title}</h1>
      <p class={`status-lead tone-${tone}`} role="status">
        <Icon name={icon} />
        <span>{sentence}</span>
      </p>
      {answer.intro !== '' && <p class="status-words">{answer.intro}</p>}
      <section class="box" aria-label={t('status.parts')}>
        <ul class="box-body stack">
          {answer.components.map((part) => (
            <Part key={part.id} part={part} zone={answer.zone} />
          ))}
        </ul>
        <div class="box-body">
          <StateKey states={['up', 'down', 'maintenance', 'unknown', 'not_monitored']} />
        </div>
      </section>
      <h2>{t('status.notices')}</h2>
      <Notices answer={answer} />
      <p class="quiet small">
        {t('common.asOf', { at: time(answer.asOf, language.value, 'moment', answer.zone) })} · {answer.zone}
      </p>
    </>
  );
}

/** It may be off, for others only, or not there: that is not said. */
function NotHere() {
  return (
    <>
      <h1 class="unseen">{t('page.status')}</h1>
      <Empty icon="unknown" title={t('status.notHere')}>
        {me.value?.role == null && (
          <p>
            <a href={`/login?next=${encodeURIComponent(location.pathname)}`}>{t('login.submit')}</a>
          </p>
        )}
      </Empty>
    </>
  );
}

const againMs = 30_000;

export function StatusPublicPage({ slug }: { slug: string }) {
  const loaded = useLoad<StatusAnswer>(`status/${encodeURIComponent(slug)}`);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && loaded.reload(), againMs);
    return () => clearInterval(timer);
  }, [loaded.reload]);
  const isMissing = loaded.problem?.code === 'NOT_FOUND';
  return (
    <div class="status-page">
      <main id="main" class="stack">
        {loaded.data === null && !isMissing && <h1 class="unseen">{t('page.status')}</h1>}
        {isMissing ? <NotHere /> : <Ready of={loaded}>{(answer) => <Answer answer={answer} />}</Ready>}
      </main>
      <footer class="row">
        <LanguageSwitch />
        <ThemeSwitch />
      </footer>
    </div>
  );
}
