/** Calendars: when something is promised, when people work, when the desk answers. */
import type { CalendarRow } from '../../../../shared/api.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { now } from '../../clock.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { mayForAll } from '../../net/session.ts';
import { Box, Empty, PageHead, Ready } from '../../parts/box.tsx';
import { Delete } from '../../parts/delete.tsx';
import { useTextIn } from '../../parts/in-address.ts';
import { Mark } from '../../parts/mark.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { Table } from '../../parts/table.tsx';
import { TableFile } from '../../parts/table-file.tsx';
import { to } from '../../router.ts';
import { formatReasons } from '../../words/reason.ts';
import { actorName, language, t } from '../../words/words.ts';
import { CalendarForm } from './form.tsx';
import { isOvernight, type Spans, type WeeklySpans, weekLines } from './hours.ts';

interface CalendarVersionLine {
  version: number;
  at: number;
  by: string;
  reason: string;
}

/** The next two of it, by the date of its zone. */
function nextHolidays({ holidays, zone }: CalendarRow): string {
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(now.value);
  const next = holidays.filter(({ date }) => date >= today).toSorted((a, b) => a.date.localeCompare(b.date));
  return next
    .slice(0, 2)
    .map(({ date, name }) => `${date} ${name}`)
    .join(', ');
}

function Week({ calendar: { weekly, weekMinutes, warnings } }: { calendar: CalendarRow }) {
  return (
    <>
      {t('calendar.perWeek', { n: number(weekMinutes / 60, language.value, 1) })}
      <ul class="small quiet">
        {weekLines(weekly as WeeklySpans).map(({ days, spans }) => (
          <li key={days.join()}>
            {days.map((day) => t(`calendar.day.${day}`)).join('–')} {spans.map(spanText).join(', ')}
          </li>
        ))}
      </ul>
      {warnings.map(({ why }) => (
        <p class="small" key={why.code}>
          <Mark tone="warning" icon="warning">
            {formatReasons([why])}
          </Mark>
        </p>
      ))}
    </>
  );
}

const spanText = (span: Spans[number]) => {
  const hours = span.join('–');
  return isOvernight(span) ? t('calendar.nextDay', { hours }) : hours;
};

function Holidays({ calendar }: { calendar: CalendarRow }) {
  const { holidaysUntil } = calendar;
  return (
    <>
      {nextHolidays(calendar) || none}
      {holidaysUntil && <p class="small quiet">{t('calendar.knownUntil', { date: holidaysUntil })}</p>}
    </>
  );
}

function Uses({ sites }: Pick<CalendarRow, 'sites'>) {
  if (sites.length === 0) return <>{t('calendar.unused')}</>;
  return (
    <ul>
      {sites.map(({ id, name, use }) => (
        <li key={`${id}${use}`}>
          <a href={to.site(id)}>{name}</a> <span class="quiet small">{t(`calendar.use.${use}`)}</span>
        </li>
      ))}
    </ul>
  );
}

function Edit({ calendar, onDone, onCancel }: { calendar: CalendarRow; onDone: () => void; onCancel: () => void }) {
  const address = `calendars/${encodeURIComponent(calendar.id)}`;
  const versions = useLoad<Page<CalendarVersionLine>>(`${address}/versions`);
  return (
    <Box title={calendar.name}>
      <div class="stack">
        <CalendarForm calendar={calendar} onDone={onDone} onCancel={onCancel} />
        <Ready of={versions} lines={1}>
          {({ items }) => (
            <details>
              <summary>{t('impact.versions', { n: number(items.length, language.value) })}</summary>
              <ol>
                {items.map(({ version, at, by, reason }) => (
                  <li key={version}>
                    {version} · <Moment at={at} /> · {actorName(by)}: {reason}
                  </li>
                ))}
              </ol>
            </details>
          )}
        </Ready>
        {calendar.sites.length === 0 && (
          <Delete name={calendar.name} warning={t('calendar.deleteWarning')} address={address} onDone={onDone} />
        )}
      </div>
    </Box>
  );
}

/** Which hold where, and what is the next day off of any of them. */
function Lead({ items }: { items: readonly CalendarRow[] }) {
  const sites = new Set(items.flatMap(({ sites: own }) => own.map(({ id }) => id))).size;
  const unused = items.filter(({ sites: own }) => own.length === 0).length;
  const next = items
    .map(nextHolidays)
    .filter((text) => text !== '')
    .toSorted()[0];
  return (
    <>
      <Sentence
        of="calendar.lead"
        values={{
          n: <a href="#calendars">{number(items.length, language.value)}</a>,
          sites: <a href="/sites">{number(sites, language.value)}</a>,
        }}
      />{' '}
      {unused > 0 && t('calendar.leadUnused', { n: number(unused, language.value) })}{' '}
      {next && t('calendar.leadNext', { day: next.split(', ')[0] ?? '' })}
    </>
  );
}

export function CalendarsPage() {
  const loaded = useLoad<Page<CalendarRow>>('calendars', ({ kind }) => kind === 'calendar' || kind === 'site');
  const [open, setOpen] = useTextIn('edit');
  const close = () => setOpen(null);
  const done = () => {
    close();
    loaded.reload();
  };
  const items = loaded.data?.items ?? [];
  const edited = items.find(({ id }) => id === open);
  return (
    <>
      <PageHead title={t('page.calendars')} lead={items.length > 0 && <Lead items={items} />}>
        {mayForAll('manager') && (
          <button type="button" class="button" onClick={() => setOpen('')}>
            {t('calendar.new')}
          </button>
        )}
      </PageHead>
      {open === '' && (
        <Box title={t('calendar.new')}>
          <CalendarForm calendar={null} onDone={done} onCancel={close} />
        </Box>
      )}
      {edited && <Edit key={edited.id} calendar={edited} onDone={done} onCancel={close} />}
      <Ready of={loaded}>
        {(list) =>
          list.items.length === 0 ? (
            <Empty icon="site" title={t('calendar.empty')}>
              <p>{t('calendar.emptyText')}</p>
            </Empty>
          ) : (
            <Box flush>
              <p id="calendars" class="box-body quiet small">
                {t('calendar.about')}
              </p>
              <Table
                caption={t('page.calendars')}
                rows={list.items}
                keyOf={({ id }) => id}
                columns={[
                  {
                    key: 'name',
                    head: t('endpoint.name'),
                    cell: ({ id, name }) =>
                      mayForAll('manager') ? (
                        <button type="button" class="link strong" onClick={() => setOpen(id)}>
                          {name}
                        </button>
                      ) : (
                        name
                      ),
                  },
                  { key: 'zone', head: t('place.zone'), cell: ({ zone }) => zone },
                  {
                    key: 'week',
                    head: t('calendar.hours'),
                    cell: (calendar) => <Week calendar={calendar} />,
                  },
                  { key: 'next', head: t('calendar.next'), cell: (calendar) => <Holidays calendar={calendar} /> },
                  { key: 'uses', head: t('page.sites'), cell: ({ sites }) => <Uses sites={sites} /> },
                ]}
              />
            </Box>
          )
        }
      </Ready>
      <TableFile
        title={t('csv.calendars')}
        lead={t('csv.calendarsLead')}
        address="calendars/table"
        columns="calendar,kind,day,hours,name,zone,region"
        mayRead={mayForAll('manager')}
        onDone={done}
      />
    </>
  );
}
