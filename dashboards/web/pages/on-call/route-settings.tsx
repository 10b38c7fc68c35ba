/** What a route can have beside its receivers: hours, how messages are grouped and repeated, quiet hours of channels. */
import { useState } from 'preact/hooks';
import type { RouteNodeContent, RoutesContent } from '../../../../shared/on-call.ts';
import type { ReceiverChoices } from '../../../../shared/receivers.ts';
import { Checks } from '../../parts/checks.tsx';
import { Input } from '../../parts/field.tsx';
import { ZoneSelect } from '../../parts/zone-select.tsx';
import { readersZone } from '../../time/readers-zone.ts';
import type { FaultAt } from '../../words/fault.ts';
import { t } from '../../words/words.ts';
import { DayChecks, daysText } from './day-checks.tsx';
import { ListInput } from './list-input.tsx';
import { OneReceiver } from './receivers.tsx';

export const severities = ['critical', 'warning', 'info'] as const;
type NodeHours = NonNullable<RouteNodeContent['when']>;
type Quiet = NonNullable<RoutesContent['quiet']>[number];
type Grouping = Pick<RouteNodeContent, 'by' | 'wait' | 'interval' | 'repeat'>;

/** Without the keys whose value is empty. */
function filled<Content extends object>(content: Content): Content {
  const isEmpty = (value: unknown) =>
    value === undefined ||
    value === '' ||
    (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(content).filter(([, value]) => !isEmpty(value))) as Content;
}

export const whenText = ({ days = [], start = '00:00', end = '24:00', zone }: NodeHours): string =>
  `${daysText(days)} ${start}–${end} ${zone}`.trim();

const timesText = ({ wait, interval, repeat = {} }: Grouping): string[] => [
  ...(wait === undefined ? [] : [`${t('onCall.groupWait')} ${wait}`]),
  ...(interval === undefined ? [] : [`${t('onCall.groupInterval')} ${interval}`]),
  ...severities
    .filter((severity) => repeat[severity] !== undefined)
    .map((severity) => `${t('onCall.repeatOf', { severity: t(`severity.${severity}`) })} ${repeat[severity]}`),
];

/** What differs from what is above, each as one text. */
export const groupingTexts = (content: Grouping): string[] => [
  ...(content.by ? [`${t('onCall.groupBy')} ${content.by.join(', ')}`] : []),
  ...timesText(content),
];

export const quietText = ({ channel, start, end, zone, letsThrough = ['critical'] }: Quiet): string =>
  `${channel}: ${start}–${end} ${zone} · ${t('onCall.letsThrough')}: ${letsThrough.map((one) => t(`severity.${one}`)).join(', ') || t('onCall.nothing')}`;

interface WhenFieldsProps {
  when: NodeHours | undefined;
  onChange: (when: NodeHours | undefined) => void;
  faultAt: FaultAt;
}

/** NodeHours a node fits at all; outside of that the search goes on. */
export function WhenFields({ when, onChange, faultAt }: WhenFieldsProps) {
  const [draft, setDraft] = useState({
    ...{ days: when?.days ?? [], start: when?.start ?? '', end: when?.end ?? '', zone: when?.zone ?? readersZone() },
  });
  const set = (part: Partial<typeof draft>) => {
    const next = { ...draft, ...part };
    setDraft(next);
    const isAlways = next.days.length === 0 && next.start === '' && next.end === '';
    onChange(isAlways ? undefined : filled(next));
  };
  return (
    <details open={when !== undefined}>
      <summary>{t('onCall.when')}</summary>
      <div class="form">
        <p class="quiet small">{t('onCall.whenHelp')}</p>
        <DayChecks chosen={draft.days} onChoose={(days) => set({ days })} />
        <div class="form-row">
          <Input
            label={t('onCall.from')}
            type="time"
            value={draft.start}
            onInput={(start) => set({ start })}
            error={faultAt('when.start')}
          />
          <Input
            label={t('onCall.to')}
            type="time"
            value={draft.end === '24:00' ? '' : draft.end}
            onInput={(end) => set({ end })}
            error={faultAt('when.end')}
          />
          <ZoneSelect value={draft.zone} onChange={(zone) => set({ zone })} error={faultAt('when.zone')} />
        </div>
      </div>
    </details>
  );
}

interface GroupingFieldsProps {
  content: Grouping;
  /** What is empty is as above; at the root as the collector has it. */
  isRoot: boolean;
  onChange: (grouping: Grouping) => void;
  faultAt: FaultAt;
}

export function GroupingFields({ content, isRoot, onChange, faultAt }: GroupingFieldsProps) {
  const { by, wait, interval, repeat = {} } = content;
  const set = (part: Partial<Record<keyof Grouping, unknown>>) =>
    onChange(filled({ by, wait, interval, repeat, ...part } as Grouping));
  const text = (value: unknown) => (value === undefined ? '' : String(value));
  return (
    <details open={groupingTexts(content).length > 0}>
      <summary>{t('onCall.grouping')}</summary>
      <div class="form">
        <p class="quiet small">{t(isRoot ? 'onCall.groupingRoot' : 'onCall.groupingHelp')}</p>
        <div class="form-row">
          <ListInput
            label={t('onCall.groupBy')}
            value={by ?? []}
            onChange={(list) => set({ by: list })}
            help={t('onCall.groupByHelp')}
            error={faultAt('by')}
          />
          <Input
            label={t('onCall.groupWait')}
            value={text(wait)}
            onInput={(next) => set({ wait: next })}
            help={t('onCall.durationHelp')}
            error={faultAt('wait')}
          />
          <Input
            label={t('onCall.groupInterval')}
            value={text(interval)}
            onInput={(next) => set({ interval: next })}
            help={t('onCall.durationHelp')}
            error={faultAt('interval')}
          />
        </div>
        <div class="form-row">
          {severities.map((severity) => (
            <Input
              key={severity}
              label={t('onCall.repeatOf', { severity: t(`severity.${severity}`) })}
              value={text(repeat[severity])}
              onInput={(next) => set({ repeat: filled({ ...repeat, [severity]: next }) })}
              help={t('onCall.durationHelp')}
              error={faultAt(`repeat.${severity}`)}
            />
          ))}
        </div>
      </div>
    </details>
  );
}

interface QuietFieldsProps {
  list: readonly Quiet[];
  known: ReceiverChoices | null;
  onChange: (list: Quiet[]) => void;
  faultAt: FaultAt;
}

/** NodeHours a channel holds messages back, to send what still fires at the end. */
export function QuietFields({ list, known, onChange, faultAt }: QuietFieldsProps) {
  const set = (n: number, part: Partial<Quiet>) =>
    onChange(list.map((quiet, i) => (i === n ? { ...quiet, ...part } : quiet)));
  return (
    <details open={list.length > 0}>
      <summary>{t('onCall.quiet')}</summary>
      <div class="form">
        <p class="quiet small">{t('onCall.quietLead')}</p>
        {list.map((quiet, n) => (
          <fieldset class="form" key={n}>
            <legend>{t('onCall.quietN', { n: n + 1 })}</legend>
            <div class="form-row">
              <OneReceiver
                label={t('onCall.channelOf')}
                value={quiet.channel === '' ? '' : `channel:${quiet.channel}`}
                onChange={(receiver) => set(n, { channel: receiver.replace(/^channel:/, '') })}
                known={known}
                kinds={['channel']}
                error={faultAt(`quiet.${n}.channel`)}
                required
              />
              <Input
                label={t('onCall.quietFrom')}
                type="time"
                value={quiet.start}
                onInput={(start) => set(n, { start })}
                error={faultAt(`quiet.${n}.start`)}
                required
              />
              <Input
                label={t('onCall.quietTo')}
                type="time"
                value={quiet.end}
                onInput={(end) => set(n, { end })}
                error={faultAt(`quiet.${n}.end`)}
                required
              />
              <ZoneSelect value={quiet.zone} onChange={(zone) => set(n, { zone })} error={faultAt(`quiet.${n}.zone`)} />
            </div>
            <Checks
              label={t('onCall.letsThrough')}
              options={severities.map((one) => [one, t(`severity.${one}`)] as const)}
              chosen={quiet.letsThrough ?? ['critical']}
              onChoose={(letsThrough) => set(n, { letsThrough })}
            />
            <button type="button" class="link" onClick={() => onChange(list.filter((_, i) => i !== n))}>
              {t('onCall.removeNamed', { name: t('onCall.quietN', { n: n + 1 }) })}
            </button>
          </fieldset>
        ))}
        <button
          type="button"
          class="link"
          onClick={() => onChange([...list, { channel: '', start: '22:00', end: '07:00', zone: readersZone() }])}
        >
          {t('onCall.addQuiet')}
        </button>
      </div>
    </details>
  );
}
