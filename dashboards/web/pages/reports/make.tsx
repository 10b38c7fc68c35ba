/** The form that makes a report: of which period, of what, in whose language. */

import { useState } from 'preact/hooks';
import type { Kpis, PeriodReportRow, SiteRow } from '../../../../shared/api.ts';
import { type PeriodKind, periodKinds } from '../../../../shared/period.ts';
import { now } from '../../clock.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { reportZone } from '../../net/session.ts';
import { Choices, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { navigate } from '../../router.ts';
import { periodOf } from '../../time/period.ts';
import { aboutLanguage, language, languages, t } from '../../words/words.ts';
import { formatMonth } from '../stability/format.ts';
import { offeredBefore } from '../stability/offered.ts';

/** Sites as choices, and all of them. */
export function SiteSelect({ site, onChange }: { site: string; onChange: (id: string) => void }) {
  const { data } = useLoad<Page<SiteRow>>('sites');
  return (
    <Select
      label={t('page.site')}
      value={site}
      onChange={onChange}
      options={[
        ['', t('stability.allSites')],
        ...(data?.items ?? []).map(({ id, name }): [string, string] => [id, name]),
      ]}
    />
  );
}

export const LanguageSelect = ({ value, onChange }: { value: string; onChange: (code: string) => void }) => (
  <Select
    label={t('settings.language')}
    value={value}
    onChange={onChange}
    options={languages.map((code) => [code, aboutLanguage(code).name] as const)}
  />
);

export function MakeForm() {
  const [kind, setKind] = useState<PeriodKind>('month');
  const [chosen, setChosen] = useState<string | null>(null);
  const [site, setSite] = useState('');
  const [inLanguage, setInLanguage] = useState<string>(language.value);
  const { busy, problem, send } = useSend();
  const present = periodOf(now.peek(), reportZone(), kind);
  const { data } = useLoad<Kpis>('kpis');
  const offered = [present, ...offeredBefore(present, data?.since)];
  // Where nothing is older, the present one alone is left.
  const period = chosen !== null && offered.includes(chosen) ? chosen : (offered[1] ?? present);
  const submit = async () => {
    const body = {
      ...{ period, language: inLanguage },
      ...(site === '' ? {} : { site }),
    };
    await send(async () =>
      navigate(`/reports/${(await call<PeriodReportRow>('reports', { method: 'POST', body })).id}`),
    );
  };
  return (
    <Form problem={problem} onSubmit={submit} busy={busy} word={t('report.make')}>
      <Choices
        label={t('report.kind')}
        value={kind}
        options={periodKinds.map((one) => [one, t(`report.kinds.${one}`)] as const)}
        onChoose={setKind}
      />
      <div class="form-row">
        <Select
          label={t('report.period')}
          value={period}
          onChange={setChosen}
          options={offered.map((name) => [
            name,
            name === present ? t('report.notOver', { period: formatMonth(name) }) : formatMonth(name),
          ])}
        />
        <SiteSelect site={site} onChange={setSite} />
        <LanguageSelect value={inLanguage} onChange={setInLanguage} />
      </div>
    </Form>
  );
}
