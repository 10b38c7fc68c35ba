/** Escalation policies: who is notified when nobody reacts. */
import { useState } from 'preact/hooks';
import type { PolicyRow } from '../../../../shared/on-call.ts';
import type { LiveChange } from '../../net/live.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Empty, PageHead, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { t } from '../../words/words.ts';
import { listOf } from './lists.ts';
import { OnCallTabs } from './tabs.tsx';

const concerns = ({ kind }: LiveChange) => kind === 'on_call';

function PolicyForm({ row, onDone }: { row?: PolicyRow; onDone: () => void }) {
  const [name, setName] = useState(row?.name ?? '');
  const [steps, setSteps] = useState(
    () =>
      row?.content.steps.map(({ targets, wait = '5m' }) => ({ targets: targets.join(', '), wait: String(wait) })) ?? [
        { targets: '', wait: '5m' },
      ],
  );
  const [repeat, setRepeat] = useState(String(row?.content.repeat ?? 0));
  const [fallback, setFallback] = useState(row?.content.fallback ?? '');
  const { busy, problem, send } = useSend();
  const address = `on-call/policies/${encodeURIComponent(name.trim())}`;
  const set = (n: number, part: Partial<(typeof steps)[number]>) =>
    setSteps((old) => old.map((step, i) => (i === n ? { ...step, ...part } : step)));
  const save = async (event: Event) => {
    event.preventDefault();
    const content = {
      steps: steps.map(({ targets, wait }) => ({ targets: listOf(targets), wait })),
      ...{ repeat: Number(repeat), ...(fallback ? { fallback } : {}) },
    };
    if (await send(() => call(address, { method: 'PUT', body: { content } }))) onDone();
  };
  const remove = async () => {
    if (await send(() => call(address, { method: 'DELETE' }))) onDone();
  };
  return (
    <form class="form" onSubmit={(event) => void save(event)}>
      {problem && <ProblemCallout problem={problem} />}
      {!row && <Input label={t('onCall.name')} value={name} onInput={setName} required maxLength={64} />}
      {steps.map((step, n) => (
        <div class="form-row" key={n}>
          <Input
            label={t('onCall.stepTargets', { n: n + 1 })}
            value={step.targets}
            onInput={(targets) => set(n, { targets })}
            required
            help={t('onCall.receiversHelp')}
          />
          <Input label={t('onCall.wait')} value={step.wait} onInput={(wait) => set(n, { wait })} required />
          {steps.length > 1 && (
            <button type="button" class="link" onClick={() => setSteps((old) => old.filter((_, i) => i !== n))}>
              {t('onCall.remove')}
            </button>
          )}
        </div>
      ))}
      <div class="form-row">
        <Input label={t('onCall.repeat')} type="number" min="0" max="9" value={repeat} onInput={setRepeat} />
        <Input label={t('onCall.fallback')} value={fallback} onInput={setFallback} help={t('onCall.fallbackHelp')} />
      </div>
      <div class="form-end">
        <button type="submit" class="button main" disabled={busy}>
          {busy ? t('common.working') : t('common.save')}
        </button>
        <button type="button" class="button" onClick={() => setSteps((old) => [...old, { targets: '', wait: '5m' }])}>
          {t('onCall.addStep')}
        </button>
        {row && (
          <button type="button" class="button" disabled={busy} onClick={() => void remove()}>
            {t('onCall.removeNamed', { name: row.name })}
          </button>
        )}
        <button type="button" class="button" onClick={onDone}>
          {t('common.cancel')}
        </button>
      </div>
    </form>
  );
}

function PolicyBox({ row, reload }: { row: PolicyRow; reload: () => void }) {
  const [editing, setEditing] = useState(false);
  const { steps, repeat = 0, fallback } = row.content;
  const done = () => {
    setEditing(false);
    reload();
  };
  return (
    <Box
      title={row.name}
      aside={
        may('admin') &&
        row.owner === 'people' &&
        !editing && (
          <button type="button" class="button slim" onClick={() => setEditing(true)}>
            {t('onCall.change')}
          </button>
        )
      }
    >
      {row.owner === 'file' && <p class="quiet">{t('onCall.inFile')}</p>}
      {editing ? (
        <PolicyForm row={row} onDone={done} />
      ) : (
        <>
          <ol>
            {steps.map(({ targets, wait = '5m' }, n) => (
              <li key={n}>{t('onCall.step', { targets: targets.join(', '), wait: String(wait) })}</li>
            ))}
          </ol>
          <p class="quiet">
            {t('onCall.repeats', { n: repeat })} {fallback && t('onCall.lastly', { receiver: fallback })}
          </p>
        </>
      )}
    </Box>
  );
}

export function EscalationPage() {
  const loaded = useLoad<Page<PolicyRow>>('on-call/policies', concerns, 2000);
  const [adding, setAdding] = useState(false);
  return (
    <>
      <PageHead title={t('page.onCallEscalation')} lead={t('onCall.escalationLead')}>
        {may('admin') && !adding && (
          <button type="button" class="button" onClick={() => setAdding(true)}>
            {t('onCall.addPolicy')}
          </button>
        )}
      </PageHead>
      <OnCallTabs current="escalation" />
      {adding && (
        <Box title={t('onCall.addPolicy')}>
          <PolicyForm
            onDone={() => {
              setAdding(false);
              loaded.reload();
            }}
          />
        </Box>
      )}
      <Ready of={loaded}>
        {({ items }) => (
          <>
            {items.length === 0 && !adding && (
              <Empty icon="person" title={t('onCall.noPolicies')}>
                <p>{t('onCall.noPoliciesLead')}</p>
              </Empty>
            )}
            {items.map((row) => (
              <PolicyBox key={row.name} row={row} reload={loaded.reload} />
            ))}
          </>
        )}
      </Ready>
    </>
  );
}
