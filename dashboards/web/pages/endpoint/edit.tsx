/** What people decide about an endpoint: its name, kind, site and tags. */
import { useState } from 'preact/hooks';
import type { EndpointRow } from '../../../../shared/api.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { ProblemNotice } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { navigate } from '../../router.ts';
import { t } from '../../words/words.ts';

const kinds = ['server', 'workstation'] as const;

function tagsOf(text: string): string[] {
  return [...new Set(text.split(/[,\s、]+/).filter(Boolean))];
}

/** Asked twice, because the agent on that machine has to be enrolled anew afterwards. */
function Retire({ id }: { id: string }) {
  const [asked, setAsked] = useState(false);
  const { busy, problem, send } = useSend();
  const retire = async () => {
    if (await send(() => call(`endpoints/${encodeURIComponent(id)}`, { method: 'DELETE' }))) navigate('/');
  };
  if (!asked) {
    return (
      <button type="button" class="button" onClick={() => setAsked(true)}>
        {t('endpoint.retire')}
      </button>
    );
  }
  return (
    <>
      <span class="small">{t('endpoint.retireLead')}</span>
      <button type="button" class="button danger" disabled={busy} onClick={() => void retire()}>
        {t('endpoint.retireSure')}
      </button>
      {problem && <ProblemNotice problem={problem} />}
    </>
  );
}

export function Edit({ row, onDone }: { row: EndpointRow; onDone: () => void }) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState(row.name);
  const [kind, setKind] = useState<string>(row.kind);
  const [site, setSite] = useState(row.site ?? '');
  const [tags, setTags] = useState(row.tags.join(', '));
  const { busy, problem, send } = useSend();
  const submit = async (event: Event) => {
    event.preventDefault();
    const body = { name, kind, site: site === '' ? null : site, tags: tagsOf(tags) };
    const done = await send(() => call(`endpoints/${encodeURIComponent(row.id)}`, { method: 'PATCH', body }));
    if (!done) return;
    setOpen(false);
    onDone();
  };
  if (!open) {
    return (
      <button type="button" class="button" onClick={() => setOpen(true)}>
        {t('endpoint.edit')}
      </button>
    );
  }
  return (
    <form class="form box edit" onSubmit={(event) => void submit(event)}>
      {problem && <ProblemNotice problem={problem} />}
      <div class="form-row">
        <Input label={t('endpoint.name')} value={name} onInput={setName} required maxLength={128} />
        <Select
          label={t('filter.name.kind')}
          value={kind}
          onChange={setKind}
          options={kinds.map((one) => [one, t(`kind.${one}`)] as const)}
        />
        <Input label={t('filter.name.site')} value={site} onInput={setSite} maxLength={128} />
        <Input label={t('endpoint.tags')} value={tags} onInput={setTags} help={t('endpoint.tagsHelp')} />
      </div>
      <div class="form-end">
        <button type="submit" class="button main" disabled={busy}>
          {busy ? t('common.working') : t('common.save')}
        </button>
        <button type="button" class="button" onClick={() => setOpen(false)}>
          {t('common.cancel')}
        </button>
        {may('admin') && <Retire id={row.id} />}
      </div>
    </form>
  );
}
