/** Messages on the devices of whoever is logged in, and this browser as one of them. */
import { useEffect, useState } from 'preact/hooks';
import type { OwnPush, PushDevice, PushTrial } from '../../../../shared/push.ts';
import { none } from '../../../../shared/words/format.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box, Callout, ProblemCallout } from '../../parts/box.tsx';
import { Ago } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { t } from '../../words/words.ts';

const canPush = () => 'PushManager' in window && 'Notification' in window && navigator.serviceWorker !== undefined;

/** As the collector names it. */
async function idOf({ endpoint }: PushSubscription): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(endpoint));
  return [...new Uint8Array(digest)]
    .slice(0, 16)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

const subscriptionOf = async () => (await navigator.serviceWorker.ready).pushManager.getSubscription();

/** `Firefox on Android`: enough to tell a phone from a desk. */
function nameOfBrowser(): string {
  const agent = navigator.userAgent;
  const first = (names: readonly [RegExp, string][]) => names.find(([pattern]) => pattern.test(agent))?.[1];
  const browser = first([
    [/Edg\//, 'Edge'],
    [/Firefox\/|FxiOS/, 'Firefox'],
    [/Chrome\/|CriOS/, 'Chrome'],
    [/Safari\//, 'Safari'],
  ]);
  const system = first([
    [/Android/, 'Android'],
    [/iPhone|iPad/, 'iOS'],
    [/Windows/, 'Windows'],
    [/Mac OS X/, 'macOS'],
    [/Linux/, 'Linux'],
  ]);
  return [browser, system].filter(Boolean).join(', ') || t('push.thisDevice');
}

async function switchOn(key: string): Promise<void> {
  if ((await Notification.requestPermission()) !== 'granted') throw new Error(t('push.denied'));
  const { pushManager } = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const made = await pushManager.subscribe(options).catch(async () => {
    // It may be of a collector that was here before, with another key.
    await (await pushManager.getSubscription())?.unsubscribe();
    return pushManager.subscribe(options);
  });
  const { endpoint, keys } = made.toJSON();
  const body = { name: nameOfBrowser(), subscription: { endpoint, keys: { p256dh: keys?.p256dh, auth: keys?.auth } } };
  await call('me/push', { method: 'POST', body });
}

export function OwnDevices() {
  const loaded = useLoad<OwnPush>('me/push');
  const [here, setHere] = useState<string | null>(null);
  const [said, setSaid] = useState<{ tone: 'ok' | 'critical'; text: string } | null>(null);
  const { busy, problem, send } = useSend();
  const { data } = loaded;
  const look = async () => {
    const found = canPush() ? await subscriptionOf() : null;
    setHere(found && (await idOf(found)));
  };
  useEffect(() => void look(), [data]);
  if (!data) return loaded.problem && <ProblemCallout problem={loaded.problem} />;
  const isOn = data.devices.some(({ id }) => id === here);
  const on = async () => {
    setSaid(null);
    try {
      await switchOn(data.key);
    } catch (thrown) {
      setSaid({ tone: 'critical', text: thrown instanceof Error ? thrown.message : String(thrown) });
    }
    await look();
    loaded.reload();
  };
  const off = async (id: string) => {
    setSaid(null);
    if (id === here) await (await subscriptionOf())?.unsubscribe();
    await send(() => call(`me/push/${id}`, { method: 'DELETE' }));
    loaded.reload();
  };
  const test = async (id: string) => {
    setSaid(null);
    await send(async () => {
      const { error } = await call<PushTrial>(`me/push/${id}/test`, { method: 'POST' });
      setSaid(error === null ? { tone: 'ok', text: t('push.accepted') } : { tone: 'critical', text: error });
    });
    loaded.reload();
  };
  return (
    <Box title={t('push.title')}>
      <div class="stack">
        <p class="quiet">{t('push.lead')}</p>
        {data.channels.length === 0 && <Callout tone="warning">{t('push.noChannel')}</Callout>}
        {problem && <ProblemCallout problem={problem} />}
        {said && (
          <Callout tone={said.tone} spoken>
            {said.text}
          </Callout>
        )}
        {!canPush() && <p>{t('push.cannot')}</p>}
        {canPush() && !isOn && (
          <div class="form-end">
            <button type="button" class="button" disabled={busy} onClick={() => void on()}>
              {t('push.switchOn')}
            </button>
          </div>
        )}
        {data.devices.length > 0 && (
          <Table
            caption={t('push.devices')}
            rows={data.devices}
            keyOf={(row: PushDevice) => row.id}
            columns={[
              {
                key: 'name',
                head: t('push.device'),
                cell: (row: PushDevice) => (row.id === here ? `${row.name} (${t('push.thisDevice')})` : row.name),
              },
              {
                key: 'last',
                head: t('push.last'),
                cell: (row: PushDevice) =>
                  row.lastAt === null ? none : row.lastError === null ? <Ago at={row.lastAt} /> : row.lastError,
              },
              {
                key: 'actions',
                acts: true,
                head: t('push.actions'),
                cell: (row: PushDevice) => (
                  <span class="row">
                    <button type="button" class="button slim" disabled={busy} onClick={() => void test(row.id)}>
                      {t('push.test')}
                      <span class="unseen"> {row.name}</span>
                    </button>
                    <button type="button" class="button slim" disabled={busy} onClick={() => void off(row.id)}>
                      {t('push.switchOff')}
                      <span class="unseen"> {row.name}</span>
                    </button>
                  </span>
                ),
              },
            ]}
          />
        )}
      </div>
    </Box>
  );
}
