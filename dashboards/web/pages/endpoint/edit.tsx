/** What people decide about an endpoint: its name, kind, site, tags and groups. */

import { useEffect, useState } from 'preact/hooks';
import type { EndpointRow, GroupRow } from '../../../../shared/api.ts';
import type { BulkEditOutcome, BulkLine } from '../../../../shared/bulk.ts';
import { useBase, useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Callout, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { SiteInput } from '../../parts/site-input.tsx';
import { navigate } from '../../router.ts';
import { formatReasons } from '../../words/reason.ts';
import { t } from '../../words/words.ts';

const kinds = ['server', 'workstation'] as const;

function tagsOf(text: string): string[] {
  return [...new Set(text.split(/[,\s、]+/).filter(Boolean))];
}

/** What else it is used by: nobody should find out afterwards. */
function Uses({ id }: { id: string }) {
  const [uses, setUses] = useState<BulkLine['why']>([]);
  useEffect(() => {
    const body = { ids: [id], act: 'retire' };
    call<BulkEditOutcome>('endpoints/bulk/preview', { method: 'POST', body }).then(
      ({ lines }) => setUses(lines[0]?.why ?? []),
      () => setUses([]),
    );
  }, [id]);
  if (uses.length === 0) return null;
  return (
    <Callout tone="warning" title={t('takeBack.uses')}>
      {formatReasons(uses)}
    </Callout>
  );
}

/** Asked twice: its agent reports no more from then on. */
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
      <Uses id={id} />
      <button type="button" class="button danger" disabled={busy} onClick={() => void retire()}>
        {t('endpoint.retireSure')}
      </button>
      {problem && <ProblemCallout problem={problem} />}
    </>
  );
}

interface GroupsProps {
  value: readonly string[];
  onChange: (ids: string[]) => void;
}

function Groups({ value, onChange }: GroupsProps) {
  const list = useLoad<Page<GroupRow>>('groups');
  return (
    <fieldset class="field checks">
      <legend class="label">{t('page.groups')}</legend>
      <Ready of={list} lines={1}>
        {({ items }) =>
          items.length === 0 ? (
            <a href="/groups">{t('place.groups.emptyTitle')}</a>
          ) : (
            items.map(({ id, name }) => (
              <label key={id}>
                <input
                  type="checkbox"
                  checked={value.includes(id)}
                  onChange={() => onChange(value.includes(id) ? value.filter((one) => one !== id) : [...value, id])}
                />
                {name}
              </label>
            ))
          )
        }
      </Ready>
    </fieldset>
  );
}

interface EditProps {
  row: EndpointRow;
  /** Who cannot work while it is down; null: not known. */
  people: number | null;
  onDone: () => void;
  onCancel: () => void;
}

/** Begins with what is so at the moment of opening. */
export function EditForm({ row, people: known, onDone, onCancel }: EditProps) {
  const [name, setName] = useState(row.name);
  const [kind, setKind] = useState<string>(row.kind);
  const [site, setSite] = useState(row.site ?? '');
  const [tags, setTags] = useState(row.tags.join(', '));
  const [people, setPeople] = useState(known === null ? '' : String(known));
  const [groups, setGroups] = useState(row.groups.map(({ id }) => id));
  const { busy, problem, send } = useSend();
  const base = useBase(`endpoints/${encodeURIComponent(row.id)}`);
  const submit = async () => {
    const body = {
      name,
      kind,
      site: site.trim() === '' ? null : site,
      tags: tagsOf(tags),
      groups,
      people: people === '' ? null : Number(people),
    };
    if (await send(() => call(`endpoints/${encodeURIComponent(row.id)}`, { method: 'PATCH', body, base }))) onDone();
  };
  return (
    <Form
      class="form box edit"
      problem={problem}
      onSubmit={submit}
      busy={busy}
      word={t('common.save')}
      onCancel={onCancel}
      end={may('admin') && <Retire id={row.id} />}
    >
      <div class="form-row">
        <Input label={t('endpoint.name')} value={name} onInput={setName} required maxLength={128} />
        <Select
          label={t('filter.name.kind')}
          value={kind}
          onChange={setKind}
          options={kinds.map((one) => [one, t(`kind.${one}`)] as const)}
        />
        <SiteInput value={site} onInput={setSite} />
        <Input label={t('endpoint.tags')} value={tags} onInput={setTags} help={t('endpoint.tagsHelp')} />
        <Input
          label={t('endpoint.people')}
          type="number"
          min="0"
          value={people}
          onInput={setPeople}
          help={t('endpoint.peopleHelp')}
        />
      </div>
      <Groups value={groups} onChange={setGroups} />
    </Form>
  );
}
