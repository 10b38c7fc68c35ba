import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type CalendarContent,
  calendarFault,
  calendarWarnings,
  isNeverOpen,
} from '../../../collector/calendars/check.ts';
import { formatReasons } from '../../../shared/words/reasons.ts';

const faultOf = (content: Partial<CalendarContent>) =>
  calendarFault({ zone: 'Europe/Berlin', weekly: {}, holidays: [], overrides: {}, ...content });

test('hours that can be meant are taken: two spans a day, a night shift, around the clock', () => {
  assert.is(
    faultOf({
      weekly: {
        mon: [
          ['08:00', '12:00'],
          ['12:00', '16:30'],
        ],
        tue: [['22:00', '06:00']],
      },
    }),
    null,
  );
  assert.is(faultOf({ weekly: { sun: [['00:00', '24:00']] }, overrides: { '2028-02-29': [] } }), null);
});

test('hours that cannot be meant are refused with the day and the reason', () => {
  const cases: [Partial<CalendarContent>, RegExp][] = [
    [{ weekly: { mon: [['9:00', '17:00']] } }, /^Monday: "9:00" is not a time of day/],
    [{ weekly: { mon: [['09:00', '25:00']] } }, /"25:00" is not a time/],
    [{ weekly: { mon: [['09:60', '17:00']] } }, /"09:60"/],
    [{ weekly: { fri: [['09:00', '09:00']] } }, /^Friday: it opens and closes at 09:00/],
    [{ weekly: { fri: [['24:00', '09:00']] } }, /opens at 24:00/],
    [
      {
        weekly: {
          fri: [
            ['09:00', '13:00'],
            ['12:00', '17:00'],
          ],
        },
      },
      /12:00–17:00 begins before/,
    ],
    [
      {
        weekly: {
          fri: [
            ['22:00', '06:00'],
            ['08:00', '09:00'],
          ],
        },
      },
      /goes on into the next day/,
    ],
    [{ holidays: [{ date: '2026-02-30', name: '' }] }, /"2026-02-30" is not a date/],
    [{ holidays: [{ date: '24.12.2026', name: '' }] }, /is not a date/],
    [
      {
        holidays: [
          { date: '2026-12-25', name: 'a' },
          { date: '2026-12-25', name: 'b' },
        ],
      },
      /listed twice/,
    ],
    [{ overrides: { '2027-02-29': [] } }, /"2027-02-29" is not a date/],
    [{ overrides: { '2026-12-24': [['09:00', '12']] } }, /^2026-12-24: "12"/],
  ];
  for (const [content, words] of cases) {
    const fault = faultOf(content);
    assert.match(formatReasons('en', fault && [fault]), words);
  }
});

test('what never opens is known as such', () => {
  assert.ok(isNeverOpen({ weekly: { mon: [] }, overrides: { '2026-12-24': [] } }));
  assert.not.ok(isNeverOpen({ weekly: {}, overrides: { '2026-12-24': [['09:00', '12:00']] } }));
});

const day: [string, string][] = [['09:00', '17:00']];
const warnings = (content: Partial<CalendarContent>, region: string | null = null, today = '2026-11-20') =>
  calendarWarnings({ zone: 'UTC', weekly: { thu: day }, holidays: [], overrides: {}, ...content, region }, today).map(
    ({ code, params }) => [code, ...Object.values(params ?? {})].join(' '),
  );

test('what is possible and seldom meant is a warning: hours beside the usual ones, nights that overlap', () => {
  const half = (open: string, close: string) => ({ overrides: { '2026-12-24': [[open, close]] } as const });
  assert.equal(warnings(half('18:00', '20:00')), ['calendar_outside 2026-12-24 18:00–20:00 09:00–17:00']);
  assert.equal(warnings(half('08:00', '12:00')), []);
  // Extra hours on a day that is closed, and days that are over, are as somebody wanted them.
  assert.equal(warnings({ overrides: { '2026-12-25': [['09:00', '12:00']] } }), []);
  assert.equal(warnings({ overrides: { '2026-01-01': [['18:00', '20:00']] } }), []);
  const night: [string, string][] = [['22:00', '06:00']];
  assert.equal(warnings({ weekly: { thu: night }, ...half('23:00', '02:00') }), ['calendar_only_nights']);
  assert.equal(warnings({ weekly: { thu: [['00:00', '24:00']] } }), []);
  assert.equal(warnings({ weekly: {}, overrides: { '2026-12-25': [['09:00', '12:00']] } }), ['calendar_no_weekday']);
  assert.equal(warnings({ weekly: { sun: night, mon: [['05:00', '12:00']] } }), [
    'calendar_overlap sun mon 22:00–06:00 05:00–12:00',
  ]);
  assert.equal(warnings({ weekly: { mon: night, tue: [['06:00', '12:00']] } }), []);
});

test('a list of holidays that ends before the coming year is a warning', () => {
  const until = (date: string) => ({ holidays: [{ date, name: 'x' }] });
  assert.equal(warnings({}, 'DE'), ['calendar_no_holidays DE']);
  assert.equal(warnings({}), []);
  assert.equal(warnings(until('2026-12-26')), ['calendar_holidays_end 2026-12-26 2027']);
  assert.equal(warnings(until('2027-12-26')), []);
  assert.equal(warnings(until('2026-12-26'), null, '2026-02-01'), []);
});

test.run();
