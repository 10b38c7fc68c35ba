/** The own second factor: set up with a picture for an app, recovery codes, turned off. Its file comes with the account. */

import { useState } from 'preact/hooks';
import { renderSVG } from 'uqr';
import type { FactorSeed, OwnFactor as OwnFactorShape, RecoveryCodes } from '../../../../shared/second-factor.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Callout, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Moment } from '../../parts/moment.tsx';
import { t } from '../../words/words.ts';

const address = 'me/second-factor';
const pictureOf = (text: string) => `data:image/svg+xml,${encodeURIComponent(renderSVG(text, { border: 2 }))}`;

function Setup({ seed, onCodes }: { seed: FactorSeed; onCodes: (codes: string[]) => void }) {
  const [code, setCode] = useState('');
  const { busy, problem, send } = useSend();
  const submit = () => {
    void send(async () =>
      onCodes((await call<RecoveryCodes>(`${address}/confirm`, { method: 'POST', body: { code } })).codes),
    );
  };
  return (
    <Form onSubmit={submit} busy={busy} word={t('factor.turnOn')}>
      <p>{t('factor.scan')}</p>
      <img src={pictureOf(seed.uri)} alt={t('factor.picture')} width="200" height="200" />
      <p class="small">
        {t('factor.key')} <code>{seed.key.replace(/(.{4})/g, '$1 ').trim()}</code>
      </p>
      {problem && <ProblemCallout problem={problem} />}
      <Input label={t('factor.firstCode')} value={code} onInput={setCode} required autocomplete="one-time-code" />
    </Form>
  );
}

function Codes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  return (
    <Callout tone="ok" title={t('factor.on')} spoken>
      <p>{t('factor.keepCodes')}</p>
      <pre>{codes.join('\n')}</pre>
      <div class="form-end">
        <button type="button" class="button" onClick={() => void navigator.clipboard?.writeText(codes.join('\n'))}>
          {t('factor.copy')}
        </button>
        <button type="button" class="button main" onClick={onDone}>
          {t('factor.kept')}
        </button>
      </div>
    </Callout>
  );
}

interface OwnFactorProps {
  /** When the recovery codes were put away; the page around it has its title. */
  onKept?: () => void;
}

export function OwnFactor({ onKept }: OwnFactorProps) {
  const own = useLoad<OwnFactorShape>(address);
  const [seed, setSeed] = useState<FactorSeed | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const { busy, problem, send } = useSend();
  const begin = () => void send(async () => setSeed(await call<FactorSeed>(address, { method: 'POST' })));
  const off = () =>
    void send(async () => {
      await call(address, { method: 'DELETE' });
      own.reload();
    });
  const done = () => {
    setSeed(null);
    setCodes(null);
    own.reload();
    onKept?.();
  };
  const head = !onKept && <h3>{t('factor.title')}</h3>;
  if (codes || seed)
    return (
      <div class="stack">
        {head}
        {codes ? <Codes codes={codes} onDone={done} /> : seed && <Setup seed={seed} onCodes={setCodes} />}
      </div>
    );
  return (
    <Ready of={own}>
      {({ since, recoveryLeft, isRequired, removed }) => (
        <div class="stack">
          {head}
          {removed && since === null && (
            <Callout tone="warning" title={t('factor.removed', { name: removed.by })}>
              <Moment at={removed.at} />
            </Callout>
          )}
          {problem && <ProblemCallout problem={problem} />}
          <p class="quiet">{since === null ? t('factor.isOff') : t('factor.isOn', { n: recoveryLeft })}</p>
          <div class="form-end">
            {since === null && (
              <button type="button" class="button" disabled={busy} onClick={begin}>
                {t('factor.setUp')}
              </button>
            )}
            {since !== null && !isRequired && (
              <button type="button" class="button" disabled={busy} onClick={off}>
                {t('factor.turnOff')}
              </button>
            )}
          </div>
        </div>
      )}
    </Ready>
  );
}
