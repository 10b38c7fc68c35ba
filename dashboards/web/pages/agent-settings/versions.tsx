/** Versions of the settings of agents, and the way back to one. */

import { useState } from 'preact/hooks';
import type { SettingsVersion } from '../../../../shared/agent-layer.ts';
import { none } from '../../../../shared/words/format.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Form } from '../../parts/form.tsx';
import { Moment } from '../../parts/moment.tsx';
import { TextArea } from '../../parts/text-area.tsx';
import { actorName, t, wordOr } from '../../words/words.ts';
import { ScopeName, useScopeNames } from '../rules/scope.tsx';
import { LayerLines, say } from './said.tsx';
import '../../look/rules.css';

function Restore({ version, onDone, onCancel }: { version: number; onDone: () => void; onCancel: () => void }) {
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const submit = async () => {
    const address = `agent-settings/versions/${version}/restore`;
    if (await send(() => call(address, { method: 'POST', body: { reason } }))) onDone();
  };
  return (
    <Form
      problem={problem}
      onSubmit={submit}
      busy={busy}
      word={t('agentSettings.restore', { version: say(version) })}
      onCancel={onCancel}
    >
      <p>{t('agentSettings.restoreLead', { version: say(version) })}</p>
      <TextArea label={t('silence.reason')} value={reason} onInput={setReason} maxLength={500} required />
    </Form>
  );
}

export function Versions({ onDone }: { onDone: () => void }) {
  const names = useScopeNames();
  const [back, setBack] = useState<number | null>(null);
  const list = useLoad<Page<SettingsVersion>>(
    'agent-settings/versions',
    ({ kind }) => kind === 'agent_settings' || kind === 'group' || kind === 'site',
    5000,
  );
  const done = () => {
    setBack(null);
    list.reload();
    onDone();
  };
  return (
    <Box title={t('agentSettings.versions')}>
      <Ready of={list}>
        {({ items }) => (
          <ol class="versions">
            {items.map(({ version, at, by, reason, changes }, n) => (
              <li class="version" key={version}>
                <p>
                  <span class="strong">{t('agentSettings.version', { version: say(version) })}</span> ·{' '}
                  <Moment at={at} shape="long" /> · {actorName(by)}
                </p>
                {reason !== '' && <p class="quotation">{wordOr('rules.moved', reason)}</p>}
                {changes.map(({ scope, before, after }) => (
                  <div class="form-row" key={`${scope.of} ${scope.target}`}>
                    <div>
                      <ScopeName scope={scope} names={names} />
                    </div>
                    <div>
                      <span class="quiet small">{t('agentSettings.before')}</span>
                      {before ? <LayerLines settings={before} /> : <p>{none}</p>}
                    </div>
                    <div>
                      <span class="quiet small">{t('agentSettings.after')}</span>
                      {after ? <LayerLines settings={after} /> : <p>{none}</p>}
                    </div>
                  </div>
                ))}
                {may('admin') && n > 0 && back !== version && (
                  <button type="button" class="link" onClick={() => setBack(version)}>
                    {t('agentSettings.restore', { version: say(version) })}
                  </button>
                )}
                {back === version && <Restore version={version} onDone={done} onCancel={() => setBack(null)} />}
              </li>
            ))}
          </ol>
        )}
      </Ready>
    </Box>
  );
}
