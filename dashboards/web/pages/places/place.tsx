/** One site or one group: what it is, its endpoints, and those that could be added. */
import { useState } from 'preact/hooks';
import type { EndpointRow, GroupDetail } from '../../../../shared/api.ts';
import { number } from '../../../../shared/words/format.ts';
import { useFleet } from '../../fleet/store.ts';
import { useLoad } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may, mayForAll } from '../../net/session.ts';
import { Box, PageHead, Ready } from '../../parts/box.tsx';
import { Crumbs } from '../../parts/crumbs.tsx';
import { search } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { MaintenanceLink } from '../maintenance/link.tsx';
import { PlaceForm } from './form.tsx';
import { concerns, fleetHref, hasNone, type PlaceKind, type PlaceRow, parameter } from './kinds.ts';
import { Attended } from './list.tsx';
import { Choose } from './members.tsx';
import { Remove } from './remove.tsx';
import { Uplinks } from './uplinks.tsx';

interface Detail extends Omit<GroupDetail, 'row'> {
  row: PlaceRow;
}

/** A group is of everybody, also where its members are of one site. */
const mayChange = (kind: PlaceKind): boolean => (kind === 'groups' ? mayForAll('operator') : may('operator'));

interface PlaceProps {
  kind: PlaceKind;
  detail: Detail;
  reload: () => void;
}

function Head({ kind, detail: { row }, reload }: PlaceProps) {
  const [open, setOpen] = useState<'edit' | 'delete' | null>(() =>
    new URLSearchParams(search.value).has('edit') && mayChange(kind) ? 'edit' : null,
  );
  const close = () => setOpen(null);
  return (
    <>
      <Crumbs list={kind} title={row.name} />
      <PageHead
        title={row.name}
        lead={
          <>
            <a href={fleetHref(kind, row)}>{t('place.countEndpoints', { n: number(row.endpoints, language.value) })}</a>
            {row.endpoints > 0 && (
              <>
                {' · '}
                <Attended kind={kind} row={row} />
              </>
            )}
            {kind === 'sites' && ` · ${t('place.zone')}: ${row.zone ?? t('place.reportZone')}`}
            {kind === 'sites' &&
              ` · ${row.people == null ? t('place.peopleUnknown') : t('place.peopleAre', { n: number(row.people, language.value) })}`}
          </>
        }
      >
        {may('operator') && kind === 'sites' && (
          <a class="button" href={`/labels?${new URLSearchParams({ site: row.name })}`}>
            {t('selfService.label.buttons')}
          </a>
        )}
        {may('operator') && <MaintenanceLink of={parameter[kind]} target={kind === 'sites' ? row.name : row.id} />}
        {mayChange(kind) && (
          <button type="button" class="button" onClick={() => setOpen('edit')}>
            {t('endpoint.edit')}
          </button>
        )}
        {may('admin') && (
          <button type="button" class="button" onClick={() => setOpen('delete')}>
            {t('place.delete')}
          </button>
        )}
      </PageHead>
      {row.note !== '' && <p class="place-note">{row.note}</p>}
      {open === 'edit' && (
        <Box title={t('endpoint.edit')}>
          <PlaceForm
            kind={kind}
            place={row}
            onDone={() => {
              close();
              reload();
            }}
            onCancel={close}
          />
        </Box>
      )}
      {open === 'delete' && <Remove kind={kind} place={row} onCancel={close} />}
    </>
  );
}

const byName = (a: EndpointRow, b: EndpointRow) => a.name.localeCompare(b.name, 'en', { numeric: true });

function Members({ kind, detail, reload }: PlaceProps) {
  const known = useFleet();
  const inside = new Set(detail.members.map(({ id }) => id));
  const list = [...(known?.values() ?? [])].sort(byName);
  const others = list.filter((row) => !inside.has(row.id));
  // Those who have none yet are the likely ones.
  others.sort((a, b) => Number(hasNone(kind, b)) - Number(hasNone(kind, a)));
  const change = (body: { add?: string[]; remove?: string[] }) =>
    call(`${kind}/${encodeURIComponent(detail.row.id)}/members`, { method: 'PUT', body }).then(reload);
  return (
    <>
      <Choose
        name="members"
        title={t('place.endpoints')}
        site={kind !== 'sites'}
        list={list.filter((row) => inside.has(row.id))}
        mayChange={mayChange(kind)}
        action={(n) => t('place.removeChosen', { n })}
        onApply={(remove) => change({ remove })}
        empty={<p class="quiet">{t(known?.size === 0 ? 'place.noEndpoint' : 'place.noMember')}</p>}
      />
      {mayChange(kind) && others.length > 0 && (
        <div class="screen-only">
          <Choose
            name="others"
            title={t('place.add')}
            site
            list={others}
            mayChange
            action={(n) => t('place.addChosen', { n })}
            onApply={(add) => change({ add })}
            empty={null}
          />
        </div>
      )}
      {known?.size === 0 && (
        <a class="button" href="/add">
          {t('page.add')}
        </a>
      )}
    </>
  );
}

export function PlacePage({ kind, id }: { kind: PlaceKind; id: string }) {
  const loaded = useLoad<Detail>(`${kind}/${encodeURIComponent(id)}`, concerns(kind), 2000);
  return (
    <>
      {loaded.data === null && <PageHead title={t(`page.${kind}`)} />}
      <Ready of={loaded} lines={8}>
        {(detail) => (
          <>
            <Head kind={kind} detail={detail} reload={loaded.reload} />
            {kind === 'sites' && <Uplinks id={id} />}
            <Members kind={kind} detail={detail} reload={loaded.reload} />
          </>
        )}
      </Ready>
    </>
  );
}
