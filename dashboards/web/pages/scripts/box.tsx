/** Scripts that a machine offers: buttons, the question before one is run, and what came of each order. */
import { useState } from 'preact/hooks';
import type { ScriptOffer } from '../../../../shared/inventory.ts';
import type { ScriptOrderView, ScriptsView } from '../../../../shared/script.ts';
import { duration } from '../../../../shared/words/format.ts';
import { hasPage } from '../../../../shared/words/names.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box, Callout, ProblemCallout } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import type { IconName } from '../../parts/icon.tsx';
import { Mark, type Tone } from '../../parts/mark.tsx';
import { Moment } from '../../parts/moment.tsx';
import { to } from '../../router.ts';
import { formatReasons } from '../../words/reason.ts';
import { actorName, language, t } from '../../words/words.ts';
import '../../look/scripts.css';

interface ScriptsProps {
  endpoint: { id: string; name: string };
  /** Where it is run from: what came of it stands there, too. */
  ticket?: number;
  alert?: string;
  /** Nothing is done about it any more: only what was run is shown. */
  isOver?: boolean;
  /** Of a link: its question is open at once. */
  wanted?: string | null;
}

type ScriptTexts = Readonly<Record<string, string>>;

/** In the reader's language, else the first that there is. */
export const scriptText = (texts: ScriptTexts): string =>
  texts[language.value] ?? texts.en ?? Object.values(texts)[0] ?? '';

export function ScriptsBox({ endpoint, ticket, alert, isOver = false, wanted = null }: ScriptsProps) {
  const address = `endpoints/${encodeURIComponent(endpoint.id)}/scripts`;
  // Targets, the collector itself and erased endpoints have none.
  const isMachine = hasPage(endpoint) && to.endpoint(endpoint.id).startsWith('/endpoints/');
  const loaded = useLoad<ScriptsView>(
    isMachine ? address : null,
    (change) => change.kind === 'inventory' && change.endpoint === endpoint.id && change.section.startsWith('script'),
  );
  const [open, setOpen] = useState<string | null>(wanted);
  const { busy, problem, send } = useSend();
  const view = loaded.data;
  if (!view) return null;
  const shown = view.orders.filter(
    (one) =>
      (ticket === undefined || one.ticket === ticket || isOpen(one)) &&
      (alert === undefined || one.alert === alert || isOpen(one)),
  );
  const list = isOver ? [] : view.list;
  if (!view.enabled || (list.length + shown.length === 0 && (isOver || wanted === null))) return null;
  // One at a time: what is open stands below.
  const isBusy = view.orders.some(isOpen);
  const mayAsk = view.mayRun && !isBusy;
  const act = (order: string, what: 'approve' | 'withdraw') =>
    void send(() => call(`${address}/orders/${order}/${what}`, { method: 'POST' })).then(loaded.reload);
  return (
    <Box title={t('scripts.title')}>
      <div class="stack">
        {problem && <ProblemCallout problem={problem} />}
        {view.off !== null && !isOver && <Callout tone="info">{formatReasons(view.off)}</Callout>}
        {wanted !== null && !isOver && !list.some(({ name }) => name === wanted) && (
          <Callout tone="warning" title={t('scripts.notOffered', { name: wanted, machine: endpoint.name })} />
        )}
        {!mayAsk && list.length > 0 && (
          <p class="quiet small">{t(view.mayRun ? 'scripts.oneAtATime' : 'scripts.noRight')}</p>
        )}
        {list.length > 0 && (
          <ul class="stack scripts">
            {list.map((offer) => (
              <Offer
                key={offer.name}
                of={offer}
                onOpen={mayAsk ? () => setOpen(offer.name) : null}
                form={
                  open === offer.name && mayAsk ? (
                    <Ask
                      of={offer}
                      machine={endpoint.name}
                      address={`${address}/orders`}
                      from={{ ...(ticket === undefined ? {} : { ticket }), ...(alert === undefined ? {} : { alert }) }}
                      onDone={() => {
                        setOpen(null);
                        loaded.reload();
                      }}
                    />
                  ) : null
                }
              />
            ))}
          </ul>
        )}
        {shown.length > 0 && (
          <section class="stack-2" aria-label={t('scripts.orders')}>
            <h3>{t('scripts.orders')}</h3>
            <ul class="stack-2 orders">
              {shown.map((order) => (
                <Order key={order.id} of={order} busy={busy} onAct={(what) => act(order.id, what)} />
              ))}
            </ul>
          </section>
        )}
      </div>
    </Box>
  );
}

const isOpen = ({ state }: ScriptOrderView) => state === 'asked' || state === 'sent' || state === 'running';

interface OfferProps {
  of: ScriptOffer;
  onOpen: (() => void) | null;
  form: preact.ComponentChild;
}

function Offer({ of, onOpen, form }: OfferProps) {
  return (
    <li class="stack-2">
      <div class="script">
        <div>
          <p class="strong">{scriptText(of.title)}</p>
          {of.about && <p class="quiet small">{scriptText(of.about)}</p>}
          <p class="quiet small">
            <code>{of.name}</code>
            {of.two_persons && ` · ${t('scripts.twoPersons')}`}
          </p>
        </div>
        {onOpen && of.problem === null && form === null && (
          <button
            type="button"
            class="button"
            aria-label={t('scripts.runThis', { title: scriptText(of.title) })}
            onClick={onOpen}
          >
            {t('scripts.run')}
          </button>
        )}
      </div>
      {of.problem !== null && (
        <Callout tone="warning" title={t('scripts.wouldNot')}>
          <p class="small">{formatReasons(of.problem)}</p>
        </Callout>
      )}
      {of.problem === null && form}
    </li>
  );
}

interface AskProps {
  of: ScriptOffer;
  machine: string;
  address: string;
  from: { ticket?: number; alert?: string };
  onDone: () => void;
}

/** Names the machine and what it does before anything is sent. */
function Ask({ of, machine, address, from, onDone }: AskProps) {
  const [choices, setChoices] = useState<Record<string, string>>(() =>
    Object.fromEntries(of.parameters.map(({ name, values }) => [name, values[0] ?? ''])),
  );
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const submit = async () => {
    const body = { script: of.name, sha256: of.sha256, choices, reason, ...from };
    if (await send(() => call(address, { method: 'POST', body }))) onDone();
  };
  const title = scriptText(of.title);
  return (
    <Form
      class="form asked"
      problem={problem}
      busy={busy}
      onSubmit={submit}
      word={of.two_persons ? t('scripts.ask') : t('scripts.runOn', { machine })}
      onCancel={onDone}
    >
      <p class="strong">{t('scripts.question', { title, machine })}</p>
      <p class="small">{t('scripts.lead', { limit: duration(of.limit_s, language.value) })}</p>
      {of.two_persons && <p class="small">{t('scripts.secondLead')}</p>}
      {of.parameters.map(({ name, title: words, values }) => (
        <Select
          key={name}
          label={words ? scriptText(words) : name}
          value={choices[name] ?? ''}
          options={values.map((value) => [value, value] as const)}
          onChange={(value) => setChoices({ ...choices, [name]: value })}
        />
      ))}
      <Input label={t('scripts.why')} value={reason} onInput={setReason} maxLength={500} />
    </Form>
  );
}

const looks = {
  asked: ['info', 'person'],
  sent: ['info', 'never'],
  running: ['info', 'never'],
  done: ['ok', 'ok'],
  refused: ['warning', 'warning'],
  withdrawn: ['idle', 'never'],
  silent: ['unknown', 'unknown'],
  lost: ['unknown', 'unknown'],
} as const satisfies Record<ScriptOrderView['state'], readonly [Tone, IconName]>;

const failed = ['warning', 'warning'] as const satisfies readonly [Tone, IconName];

/** A program that ended with another code than 0 has done something, and not what it was to do. */
const hasFailed = ({ state, code }: ScriptOrderView) => state === 'done' && code !== 0;

function stateText(of: ScriptOrderView): string {
  const { state, code, signal } = of;
  if (state !== 'done') return t(`scripts.state.${state}`);
  const end = code === null ? t('scripts.signal', { signal: signal ?? '?' }) : t('scripts.code', { code });
  return t(hasFailed(of) ? 'scripts.failed' : 'scripts.worked', { end });
}

interface OrderProps {
  of: ScriptOrderView;
  busy: boolean;
  onAct: (what: 'approve' | 'withdraw') => void;
}

function Order({ of, busy, onAct }: OrderProps) {
  const [tone, icon] = hasFailed(of) ? failed : looks[of.state];
  const values = Object.entries(of.choices).map(([name, value]) => `${name}=${value}`);
  const facts = [
    t('scripts.askedBy', { name: actorName(of.askedBy) }),
    of.approvedBy && t('scripts.approvedBy', { name: actorName(of.approvedBy) }),
    of.why,
  ].filter(Boolean);
  return (
    <li class="stack-2">
      <p>
        <Mark tone={tone} icon={icon}>
          {stateText(of)}
        </Mark>{' '}
        <span class="strong">{scriptText(of.title)}</span> {values.length > 0 && <code>{values.join(' ')}</code>}{' '}
        <span class="quiet small nowrap">
          <Moment at={of.endedAt ?? of.askedAt} />
        </span>
      </p>
      <p class="quiet small">{facts.join(' · ')}</p>
      {of.reason !== null && <p class="small">{formatReasons(of.reason)}</p>}
      {of.output !== null && of.output !== '' && (
        <details>
          <summary>{t('scripts.output')}</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways is reached by the keyboard */}
          <pre tabIndex={0}>{of.output}</pre>
          {of.cut && <p class="quiet small">{t('scripts.cut')}</p>}
        </details>
      )}
      {(of.mayApprove || of.mayWithdraw) && (
        <div class="row">
          {of.mayApprove && (
            <button type="button" class="button main slim" disabled={busy} onClick={() => onAct('approve')}>
              {t('scripts.approve')}
            </button>
          )}
          {of.mayWithdraw && (
            <button type="button" class="button slim" disabled={busy} onClick={() => onAct('withdraw')}>
              {t('scripts.withdraw')}
            </button>
          )}
        </div>
      )}
    </li>
  );
}
