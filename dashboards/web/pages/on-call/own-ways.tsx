/** How one is reached oneself, in which order, and when not; with a test of each way. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ChannelTrial } from '../../../../shared/channel.ts';
import type { PersonRow } from '../../../../shared/on-call.ts';
import type { OwnWay } from '../../../../shared/own-ways.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { baseOf, call, type Page } from '../../net/request.ts';
import { Box, Callout, ProblemCallout } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Ago } from '../../parts/moment.tsx';
import { ZoneSelect } from '../../parts/zone-select.tsx';
import { readersZone } from '../../time/readers-zone.ts';
import { faultsOf } from '../../words/fault.ts';
import { t } from '../../words/words.ts';
import { useRows } from './document-form.tsx';
import { OneReceiver, useReceivers } from './receivers.tsx';

interface WayDraft {
  channel: string;
  address: string;
}

/** Of a way as it is saved. */
function WayTest({ way, onTested }: { way: OwnWay; onTested: () => void }) {
  const { busy, problem, send } = useSend();
  const { channel, address, last } = way;
  const test = async () => {
    const body = { channel, ...(address === null ? {} : { address }) };
    if (await send(() => call<ChannelTrial>('on-call/me/test', { method: 'POST', body }))) onTested();
  };
  return (
    <div class="row">
      <button type="button" class="button slim" disabled={busy} onClick={() => void test()}>
        {busy ? t('common.working') : t('channels.test')}
        <span class="unseen"> {address === null ? channel : `${channel} ${address}`}</span>
      </button>
      {problem && <ProblemCallout problem={problem} />}
      <span role="status">
        {last === null ? (
          <span class="quiet">{t('onCall.untried')}</span>
        ) : (
          <>
            <Mark tone={last.error === null ? 'ok' : 'critical'} icon={last.error === null ? 'ok' : 'warning'}>
              {t(last.error === null ? 'channels.ok' : 'channels.notOk')}
            </Mark>{' '}
            <Ago at={last.at} /> {last.error !== null && <span class="small">{last.error}</span>}
          </>
        )}
      </span>
    </div>
  );
}

export function OwnWays() {
  const loaded = useLoad<PersonRow>('on-call/me');
  const results = useLoad<Page<OwnWay>>('on-call/me/ways');
  const known = useReceivers();
  const ways = useRows<WayDraft>(() => []);
  const [quiet, setQuiet] = useState({ start: '', end: '', zone: readersZone() });
  const [isDone, setDone] = useState(false);
  const { busy, problem, send } = useSend();
  const faultAt = faultsOf(problem);
  const { data } = loaded;
  const base = useMemo(() => baseOf('on-call/me'), [data]);
  useEffect(() => {
    if (!data) return;
    ways.setList(data.content.ways.map(({ channel, address = '' }) => ({ channel, address })));
    if (data.content.quiet) setQuiet(data.content.quiet);
  }, [data]);
  if (!data) return loaded.problem && <ProblemCallout problem={loaded.problem} />;
  const isOfFile = data.owner === 'file';
  const savedAs = ({ channel, address }: WayDraft) =>
    results.data?.items.find((one) => one.channel === channel && (one.address ?? '') === address);
  const save = async () => {
    setDone(false);
    const letsThrough = data.content.quiet?.letsThrough;
    const content = {
      ways: ways.list.map(({ channel, address }) => ({ channel, ...(address ? { address } : {}) })),
      ...(quiet.start || quiet.end ? { quiet: { ...quiet, ...(letsThrough ? { letsThrough } : {}) } } : {}),
    };
    if (!(await send(() => call('on-call/me', { method: 'PUT', body: { content }, base })))) return;
    setDone(true);
    results.reload();
  };
  return (
    <Box title={t('onCall.ways')}>
      <Form
        busy={busy}
        problem={problem}
        onSubmit={save}
        word={!isOfFile && t('common.save')}
        look=""
        end={
          !isOfFile && (
            <button type="button" class="button" onClick={() => ways.add({ channel: '', address: '' })}>
              {t('onCall.addWay')}
            </button>
          )
        }
      >
        {isDone && <Callout tone="ok" title={t('onCall.saved')} spoken />}
        <p class="quiet">{isOfFile ? t('onCall.inFile') : t('onCall.waysLead')}</p>
        {ways.list.length === 0 && <p>{t('onCall.noWays')}</p>}
        {ways.list.map((way, n) => {
          const saved = savedAs(way);
          return (
            <div class="stack-2" key={n}>
              <div class="form-row">
                <OneReceiver
                  label={t('onCall.channel', { n: n + 1 })}
                  value={way.channel === '' ? '' : `channel:${way.channel}`}
                  onChange={(receiver) => ways.set(n, { channel: receiver.replace(/^channel:/, '') })}
                  known={known}
                  kinds={['channel']}
                  error={faultAt(`ways.${n}.channel`)}
                  required
                />
                <Input
                  label={t('onCall.address')}
                  value={way.address}
                  onInput={(address) => ways.set(n, { address })}
                  help={t('onCall.addressHelp')}
                  error={faultAt(`ways.${n}.address`)}
                />
              </div>
              <div class="row">
                {saved && <WayTest way={saved} onTested={results.reload} />}
                <button type="button" class="link" onClick={() => ways.remove(n)}>
                  {t('onCall.removeNamed', { name: t('onCall.channel', { n: n + 1 }) })}
                </button>
              </div>
            </div>
          );
        })}
        <div class="form-row">
          <Input
            label={t('onCall.quietFrom')}
            type="time"
            value={quiet.start}
            onInput={(start) => setQuiet((old) => ({ ...old, start }))}
            help={t('onCall.quietHelp')}
            error={faultAt('quiet.start')}
            required={quiet.end !== ''}
          />
          <Input
            label={t('onCall.quietTo')}
            type="time"
            value={quiet.end}
            onInput={(end) => setQuiet((old) => ({ ...old, end }))}
            error={faultAt('quiet.end')}
            required={quiet.start !== ''}
          />
          <ZoneSelect
            value={quiet.zone}
            onChange={(zone) => setQuiet((old) => ({ ...old, zone }))}
            error={faultAt('quiet.zone')}
          />
        </div>
      </Form>
    </Box>
  );
}
