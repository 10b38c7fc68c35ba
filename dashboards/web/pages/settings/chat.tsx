/** Chat rooms: one's own accounts there; for admins how each room does, how it is set, and a test of what its account may do. */
import { useState } from 'preact/hooks';
import type { ChatAccount, ChatCode, ChatTrial, ChatView, OwnChat } from '../../../../shared/chat.ts';
import { number } from '../../../../shared/words/format.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box, Callout, ProblemCallout } from '../../parts/box.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Ago, Moment, momentText } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { language, t, wordOr } from '../../words/words.ts';
import { RemoteFault } from './remote-fault.tsx';

const lookEveryMs = 10_000;

/** Nothing where no room is set up: they are set in evenkeel.yaml alone. */
export function OwnChatAccounts() {
  const list = useLoad<OwnChat>('me/chat', () => false, lookEveryMs);
  const [code, setCode] = useState<ChatCode | null>(null);
  const { busy, problem, send } = useSend();
  if (!list.data || (list.data.rooms.length === 0 && list.data.accounts.length === 0)) return null;
  const make = () => void send(async () => setCode(await call<ChatCode>('me/chat', { method: 'POST' })));
  const unlink = (id: string) =>
    void send(async () => {
      await call(`me/chat/${id}`, { method: 'DELETE' });
      list.reload();
    });
  return (
    <Box title={t('chat.own')}>
      <div class="stack">
        <p>{t('chat.ownLead')}</p>
        {problem && <ProblemCallout problem={problem} />}
        {code && (
          <Callout tone="ok" title={t('chat.codeTitle')} spoken>
            <p>
              <code>link {code.code}</code>
            </p>
            <p>{t('chat.codeLead', { until: momentText(code.expiresAt) })}</p>
          </Callout>
        )}
        {list.data.accounts.length === 0 ? (
          <p class="quiet">{t('chat.empty')}</p>
        ) : (
          <Table
            caption={t('chat.own')}
            rows={list.data.accounts}
            keyOf={(row) => row.id}
            columns={[
              { key: 'account', head: t('chat.account'), cell: (row: ChatAccount) => row.shown },
              { key: 'room', head: t('chat.room'), cell: (row) => row.room },
              { key: 'since', head: t('chat.linkedAt'), cell: (row) => <Moment at={row.linkedAt} /> },
              {
                key: 'act',
                acts: true,
                head: t('add.act'),
                cell: (row) => (
                  <button type="button" class="button" disabled={busy} onClick={() => unlink(row.id)}>
                    {t('chat.unlink')}
                  </button>
                ),
              },
            ]}
          />
        )}
        <p>
          <button type="button" class="button" disabled={busy} onClick={make}>
            {t('chat.makeCode')}
          </button>
        </p>
      </div>
    </Box>
  );
}

function Trial({ of }: { of: ChatTrial }) {
  const isBad = of.error !== null || of.findings.some(({ result }) => result === 'bad');
  return (
    <Callout
      tone={isBad ? 'warning' : 'ok'}
      title={t(of.error !== null ? 'chat.failed' : isBad ? 'chat.bad' : 'chat.good')}
      spoken
    >
      {of.error !== null && <RemoteFault code={of.errorCode} text={of.error} />}
      <dl class="facts">
        {of.findings.map(({ what, result, detail }, n) => (
          <Fact key={n} name={t(`chat.finding.${what}`)}>
            {t(`chat.result.${result}`)} · <span lang="en">{detail}</span>
          </Fact>
        ))}
      </dl>
    </Callout>
  );
}

function OneRoom({ of }: { of: ChatView }) {
  const [trial, setTrial] = useState<ChatTrial | null>(null);
  const { busy, problem, send } = useSend();
  const test = () => void send(async () => setTrial(await call<ChatTrial>(`chat/${of.name}/test`, { method: 'POST' })));
  return (
    <div class="stack">
      <h3>{of.name}</h3>
      {of.trouble !== null && (
        <Callout tone="warning" title={t(of.isStopped ? 'chat.stopped' : 'chat.trouble')}>
          <RemoteFault code={of.troubleCode} text={of.trouble} />
          <p>{of.troubleSince !== null && <Ago at={of.troubleSince} />}</p>
        </Callout>
      )}
      <dl class="facts">
        <Fact name={t('chat.kind')}>{of.kind}</Fact>
        {Object.entries(of.settings).map(([key, value]) => (
          <Fact key={key} name={wordOr('desk.setting', key, key)}>
            <code>{Array.isArray(value) ? value.join(', ') : String(value)}</code>
          </Fact>
        ))}
        <Fact name={t('chat.connected')}>
          {of.isConnected && of.connectedAt !== null ? <Ago at={of.connectedAt} /> : t('chat.notConnected')}
        </Fact>
        {of.lastAt !== null && (
          <Fact name={t('chat.last')}>
            <Ago at={of.lastAt} />
          </Fact>
        )}
        {of.waiting > 0 && <Fact name={t('chat.waiting')}>{number(of.waiting, language.value, 0)}</Fact>}
      </dl>
      {problem && <ProblemCallout problem={problem} />}
      <p>
        <button type="button" class="button" disabled={busy} onClick={test}>
          {t(busy ? 'chat.testing' : 'chat.test')}
        </button>
      </p>
      {trial && <Trial of={trial} />}
    </div>
  );
}

/** Nothing where none is set: they are set in evenkeel.yaml alone. */
export function ChatRooms() {
  const { data } = useLoad<{ items: ChatView[] }>('chat', () => false, lookEveryMs);
  if (!data || data.items.length === 0) return null;
  return (
    <Box title={<span id="chat">{t('chat.title')}</span>}>
      <div class="stack">
        {data.items.map((one) => (
          <OneRoom key={one.name} of={one} />
        ))}
      </div>
    </Box>
  );
}
