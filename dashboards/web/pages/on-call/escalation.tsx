/** Escalation policies: who is notified when nobody reacts. */
import { useState } from 'preact/hooks';
import type { PolicyRow, PolicyShown } from '../../../../shared/on-call.ts';
import type { LiveChange } from '../../net/live.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Empty, PageHead, Ready } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { useFlagIn } from '../../parts/in-address.ts';
import { Sentence } from '../../parts/sentence.tsx';
import { t } from '../../words/words.ts';
import { DocumentBox, DocumentForm, useRows } from './document-form.tsx';
import { DoubtsBox } from './doubts.tsx';
import { OneReceiver, Picks, receiverWord, receiverWords, useReceivers, withoutPolicies } from './receivers.tsx';
import { OnCallTabs } from './tabs.tsx';

const concerns = ({ kind }: LiveChange) => kind === 'on_call';
const usualWait = '5m';
const blank = () => ({ targets: [] as string[], wait: usualWait });

function PolicyForm({ row, onDone }: { row?: PolicyRow; onDone: () => void }) {
  const known = useReceivers();
  const steps = useRows(
    () =>
      row?.content.steps.map(({ targets, wait = usualWait }) => ({ targets: [...targets], wait: String(wait) })) ?? [
        blank(),
      ],
  );
  const [repeat, setRepeat] = useState(String(row?.content.repeat ?? 0));
  const [fallback, setFallback] = useState(row?.content.fallback ?? '');
  const bodyOf = () => ({
    content: { steps: steps.list, repeat: Number(repeat), ...(fallback ? { fallback } : {}) },
  });
  return (
    <DocumentForm
      folder="policies"
      name={row?.name}
      taken={known?.policies ?? []}
      bodyOf={bodyOf}
      addWord={t('onCall.addStep')}
      onAdd={() => steps.add(blank())}
      onDone={onDone}
    >
      {(faultAt) => (
        <>
          {steps.list.map(({ targets, wait }, n) => (
            <div class="form-row" key={n}>
              <Picks
                label={t('onCall.stepTargets', { n: n + 1 })}
                value={targets}
                onChange={(next) => steps.set(n, { targets: next })}
                known={known}
                kinds={withoutPolicies}
                error={faultAt(`steps.${n}.targets`)}
                required
              />
              <Input
                label={t('onCall.wait')}
                value={wait}
                onInput={(next) => steps.set(n, { wait: next })}
                help={t('onCall.durationHelp')}
                error={faultAt(`steps.${n}.wait`)}
                required
              />
              {steps.list.length > 1 && (
                <button type="button" class="link" onClick={() => steps.remove(n)}>
                  {t('onCall.removeNamed', { name: t('onCall.stepTargets', { n: n + 1 }) })}
                </button>
              )}
            </div>
          ))}
          <div class="form-row">
            <Input
              label={t('onCall.repeat')}
              type="number"
              min="0"
              max="9"
              value={repeat}
              onInput={setRepeat}
              help={t('onCall.repeatHelp')}
              error={faultAt('repeat')}
            />
            <OneReceiver
              label={t('onCall.lastlyWho')}
              value={fallback}
              onChange={setFallback}
              known={known}
              kinds={withoutPolicies}
              error={faultAt('fallback')}
            />
          </div>
        </>
      )}
    </DocumentForm>
  );
}

function PolicyBox({ row, reload }: { row: PolicyShown; reload: () => void }) {
  const [editing, setEditing] = useState(false);
  const { steps, repeat = 0, fallback } = row.content;
  const done = () => {
    setEditing(false);
    reload();
  };
  return (
    <DocumentBox title={row.name} owner={row.owner} isEditing={editing} onEdit={() => setEditing(true)}>
      {editing ? (
        <PolicyForm row={row} onDone={done} />
      ) : (
        <>
          <DoubtsBox of={row.warnings} />
          <ol>
            {steps.map(({ targets, wait = usualWait }, n) => (
              <li key={n}>{t('onCall.step', { targets: receiverWords(targets), wait: String(wait) })}</li>
            ))}
          </ol>
          <p class="quiet">
            {t('onCall.repeats', { n: repeat })} {fallback && t('onCall.lastly', { receiver: receiverWord(fallback) })}
          </p>
        </>
      )}
    </DocumentBox>
  );
}

/** How many there are, and those in which somebody would not be reached. */
function Lead({ items }: { items: readonly PolicyShown[] }) {
  const [first] = items.filter(({ warnings }) => warnings.length > 0);
  const doubtful = items.filter(({ warnings }) => warnings.length > 0).length;
  if (items.length === 0) return <>{t('onCall.escalationLead')}</>;
  return (
    <>
      <Sentence of="onCall.policiesLead" values={{ n: <a href={`#policy-${items[0]?.name}`}>{items.length}</a> }} />{' '}
      {first && <Sentence of="onCall.policiesDoubt" values={{ n: <a href={`#policy-${first.name}`}>{doubtful}</a> }} />}
    </>
  );
}

export function EscalationPage() {
  const loaded = useLoad<Page<PolicyShown>>('on-call/policies', concerns, 2000);
  const [adding, setAdding] = useFlagIn('new');
  return (
    <>
      <PageHead title={t('page.onCallEscalation')} lead={loaded.data && <Lead items={loaded.data.items} />}>
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
              <div key={row.name} id={`policy-${row.name}`}>
                <PolicyBox row={row} reload={loaded.reload} />
              </div>
            ))}
          </>
        )}
      </Ready>
    </>
  );
}
