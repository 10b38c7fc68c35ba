/** How one is reached oneself, in which order, and when not. */
import { useEffect, useState } from 'preact/hooks';
import type { PersonRow } from '../../../../shared/on-call.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box, Callout, ProblemCallout } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { readersZone } from '../../time/readers-zone.ts';
import { t } from '../../words/words.ts';

interface WayDraft {
  channel: string;
  address: string;
}

export function OwnWays() {
  const loaded = useLoad<PersonRow>('on-call/me');
  const [ways, setWays] = useState<WayDraft[]>([]);
  const [quiet, setQuiet] = useState({ start: '', end: '', zone: readersZone() });
  const [isDone, setDone] = useState(false);
  const { busy, problem, send } = useSend();
  const { data } = loaded;
  useEffect(() => {
    if (!data) return;
    setWays(data.content.ways.map(({ channel, address = '' }) => ({ channel, address })));
    if (data.content.quiet) setQuiet(data.content.quiet);
  }, [data]);
  if (!data) return loaded.problem && <ProblemCallout problem={loaded.problem} />;
  const isOfFile = data.owner === 'file';
  const set = (n: number, part: Partial<WayDraft>) =>
    setWays((old) => old.map((way, i) => (i === n ? { ...way, ...part } : way)));
  const save = async (event: Event) => {
    event.preventDefault();
    setDone(false);
    const letsThrough = data.content.quiet?.letsThrough;
    const content = {
      ways: ways.map(({ channel, address }) => ({ channel, ...(address ? { address } : {}) })),
      ...(quiet.start && quiet.end ? { quiet: { ...quiet, ...(letsThrough ? { letsThrough } : {}) } } : {}),
    };
    if (await send(() => call('on-call/me', { method: 'PUT', body: { content } }))) setDone(true);
  };
  return (
    <Box title={t('onCall.ways')}>
      <form class="form" onSubmit={(event) => void save(event)}>
        {problem && <ProblemCallout problem={problem} />}
        {isDone && <Callout tone="ok" title={t('onCall.saved')} spoken />}
        <p class="quiet">{isOfFile ? t('onCall.inFile') : t('onCall.waysLead')}</p>
        {ways.map((way, n) => (
          <div class="form-row" key={n}>
            <Input
              label={t('onCall.channel', { n: n + 1 })}
              value={way.channel}
              onInput={(channel) => set(n, { channel })}
              required
            />
            <Input
              label={t('onCall.address')}
              value={way.address}
              onInput={(address) => set(n, { address })}
              help={t('onCall.addressHelp')}
            />
            <button type="button" class="link" onClick={() => setWays((old) => old.filter((_, i) => i !== n))}>
              {t('onCall.remove')}
            </button>
          </div>
        ))}
        <div class="form-row">
          <Input
            label={t('onCall.quietFrom')}
            type="time"
            value={quiet.start}
            onInput={(start) => setQuiet((old) => ({ ...old, start }))}
            help={t('onCall.quietHelp')}
          />
          <Input
            label={t('onCall.quietTo')}
            type="time"
            value={quiet.end}
            onInput={(end) => setQuiet((old) => ({ ...old, end }))}
          />
          <Input label={t('place.zone')} value={quiet.zone} onInput={(zone) => setQuiet((old) => ({ ...old, zone }))} />
        </div>
        {!isOfFile && (
          <div class="form-end">
            <button type="submit" class="button" disabled={busy}>
              {busy ? t('common.working') : t('common.save')}
            </button>
            <button
              type="button"
              class="button"
              onClick={() => setWays((old) => [...old, { channel: '', address: '' }])}
            >
              {t('onCall.addWay')}
            </button>
          </div>
        )}
      </form>
    </Box>
  );
}
