/** Currency, the price of an hour, and what every month has. */

import { useState } from 'preact/hooks';
import type { MoneyVersions } from '../../../../shared/api.ts';
import { amountText, centsIn } from '../../../../shared/money.ts';
import { useBase, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Moment } from '../../parts/moment.tsx';
import { actorName, t } from '../../words/words.ts';
import { categories } from './form.tsx';

type MoneySettings = MoneyVersions[number];

function MoneyForm({ now, onDone }: { now: MoneySettings; onDone: () => void }) {
  const [currency, setCurrency] = useState(now.currency);
  const [hour, setHour] = useState(now.hourCents === null ? '' : amountText(now.hourCents, now.currency));
  const [expected, setExpected] = useState<readonly string[]>(now.expected);
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const base = useBase('costs/settings');
  const hourCents = hour.trim() === '' ? null : centsIn(hour, currency);
  const isAmount = hour.trim() === '' || (hourCents !== null && hourCents >= 0);
  const submit = async () => {
    if (!isAmount) return;
    const body = { currency, hourCents, expected, reason };
    if (!(await send(() => call('costs/settings', { method: 'PUT', body, base })))) return;
    setReason('');
    onDone();
  };
  return (
    <Form problem={problem} onSubmit={submit} busy={busy} word={t('cost.saveSettings')}>
      <div class="form-row">
        <Select
          label={t('cost.currency')}
          value={currency}
          onChange={setCurrency}
          options={Intl.supportedValuesOf('currency').map((one) => [one, one] as const)}
        />
        <Input
          label={t('cost.hour', { currency })}
          help={t('cost.hourHelp')}
          value={hour}
          onInput={setHour}
          error={isAmount ? undefined : t('cost.badAmount')}
        />
      </div>
      <fieldset class="checks">
        <legend>{t('cost.expected')}</legend>
        {categories.map((one) => (
          <label key={one}>
            <input
              type="checkbox"
              checked={expected.includes(one)}
              onChange={() =>
                setExpected((old) => (old.includes(one) ? old.filter((other) => other !== one) : [...old, one]))
              }
            />
            {t(`cost.categories.${one}`)}
          </label>
        ))}
      </fieldset>
      <Input label={t('stability.reason')} value={reason} onInput={setReason} required maxLength={500} />
    </Form>
  );
}

export function MoneyBox({ versions, onDone }: { versions: MoneyVersions; onDone: () => void }) {
  const [now] = versions as [MoneySettings];
  return (
    <Box title={t('cost.settings')}>
      <div class="stack">
        {may('manager') && <MoneyForm key={now.version} now={now} onDone={onDone} />}
        <ol class="quiet small">
          {versions
            .filter(({ at }) => at !== null)
            .map(({ version, at, by, reason, currency, hourCents }) => (
              <li key={version}>
                <Moment at={at} /> · {currency}
                {hourCents !== null && ` · ${amountText(hourCents, currency)}`} ·{' '}
                {t('cost.since', { version, by: actorName(by ?? ''), reason: reason ?? '' })}
              </li>
            ))}
        </ol>
      </div>
    </Box>
  );
}
