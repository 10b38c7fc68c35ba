/** Who has what, in which version; and what was bought of it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { MoneyVersions, ProductRow, SoftwareTitles } from '../../../../shared/api.ts';
import { softwareSorts } from '../../../../shared/choices.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { useKept, useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { mayForAll } from '../../net/session.ts';
import { Box, Empty, PageHead, Ready } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { sorted } from '../../parts/sorted.ts';
import { Table } from '../../parts/table.tsx';
import { TableFile } from '../../parts/table-file.tsx';
import { search, setQuery, withQuery } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { classes, ProductForm } from './form.tsx';
import { Licences } from './licences.tsx';
import { Versions } from './versions.tsx';

type TitleLine = SoftwareTitles['items'][number];
const count = (n: number) => number(n, language.value);
const pageOf = 50;
const mostLines = 500;

interface TitlesProps {
  data: SoftwareTitles;
  wanted: string;
  onOpen: (title: TitleLine) => void;
  onProduct: (name: string) => void;
}

function Titles({ data, wanted, onOpen, onProduct }: TitlesProps) {
  const { items, endpoints } = data;
  if (endpoints === 0)
    return (
      <Empty icon="software" title={t('software.emptyTitle')}>
        <p>{t('software.emptyText')}</p>
      </Empty>
    );
  if (items.length === 0)
    return <Empty icon="software" title={t('software.nothing', { search: wanted, all: count(endpoints) })} />;
  return (
    <Table
      caption={t('page.software')}
      rows={items}
      keyOf={({ id }) => id}
      columns={sorted<TitleLine>({
        sorts: softwareSorts,
        columns: [
          {
            key: 'name',
            head: t('software.name'),
            cell: (title) => (
              <button type="button" class="link strong" onClick={() => onOpen(title)}>
                {title.name}
              </button>
            ),
          },
          { key: 'publisher', head: t('software.publisher'), cell: ({ publisher }) => publisher ?? none },
          { key: 'endpoints', head: t('software.machines'), right: true, cell: (one) => count(one.endpoints) },
          { key: 'versions', head: t('software.versions'), right: true, cell: ({ versions }) => count(versions) },
          {
            key: 'class',
            head: t('software.class'),
            cell: ({ name, product, class: own }) =>
              product === null && mayForAll('manager') ? (
                <button type="button" class="link" onClick={() => onProduct(name)}>
                  {t(`software.classes.${own}`)}
                </button>
              ) : (
                t(`software.classes.${own}`)
              ),
          },
        ],
      })}
    />
  );
}

/** `openssl: 29 of 41 machines, versions: 4.` */
function Lead({ data }: { data: SoftwareTitles }) {
  const [first] = data.items;
  if (!first) return <>{t('software.lead')}</>;
  const values = { n: count(first.endpoints), all: count(data.endpoints), versions: count(first.versions) };
  return <>{t('software.who', { name: first.name, ...values })}</>;
}

function Search({ wanted, onInput }: { wanted: string; onInput: (text: string) => void }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.querySelector('input')?.focus(), []);
  return (
    <div ref={place}>
      <Input label={t('software.search')} type="search" value={wanted} onInput={onInput} autocomplete="off" />
    </div>
  );
}

export function SoftwarePage() {
  const query = new URLSearchParams(search.value);
  const [wanted, own] = [query.get('search') ?? '', query.get('class') ?? ''];
  const asked = { search: wanted || null, class: own || null };
  const lines = Math.min(Math.max(Math.trunc(Number(query.get('lines'))) || 0, pageOf), mostLines);
  const loaded = useLoad<SoftwareTitles>(
    `software${withQuery('', { ...asked, sort: query.get('sort'), limit: `${lines}` })}`,
    ({ kind }) => kind === 'product',
  );
  const titles = useKept(loaded);
  const seesBought = mayForAll('viewer');
  const products = useLoad<Page<ProductRow>>(seesBought ? 'software/products' : null, ({ kind }) => kind === 'product');
  const settings = useLoad<MoneyVersions>(seesBought ? 'costs/settings' : null);
  const title = Number(query.get('title') ?? 0);
  /** Id of a product, or the name of a new one. */
  const [edited, setEdited] = useState<{ id: string } | { name: string } | null>(null);
  const done = () => {
    setEdited(null);
    loaded.reload();
    products.reload();
  };
  const [currency, list] = [settings.data?.[0]?.currency, products.data?.items ?? []];
  const product = list.find(({ id }) => edited !== null && 'id' in edited && id === edited.id) ?? null;
  return (
    <>
      <PageHead title={t('page.software')} lead={titles && <Lead data={titles} />}>
        {mayForAll('manager') && (
          <button type="button" class="button" onClick={() => setEdited({ name: '' })}>
            {t('software.newProduct')}
          </button>
        )}
      </PageHead>
      {edited && currency && (product || 'name' in edited) && (
        <ProductForm
          key={product?.id ?? ''}
          product={product}
          suggested={'name' in edited ? edited.name : ''}
          currency={currency}
          onDone={done}
          onCancel={() => setEdited(null)}
        />
      )}
      <Box flush>
        <div class="box-body form-row">
          <Search
            wanted={wanted}
            onInput={(text) => {
              setQuery({ search: text === '' ? null : text, title: null, op: null, version: null });
            }}
          />
          <Select
            label={t('software.class')}
            value={own}
            onChange={(value) => setQuery({ class: value === '' ? null : value })}
            options={[
              ['', t('software.anyClass')],
              ...classes.map((one): [string, string] => [one, t(`software.classes.${one}`)]),
            ]}
          />
        </div>
        {loaded.problem || titles === null ? (
          <Ready of={loaded}>{() => null}</Ready>
        ) : (
          <Titles
            data={titles}
            wanted={wanted}
            onOpen={({ id }) => setQuery({ title: `${id}`, op: null, version: null })}
            onProduct={(name) => setEdited({ name })}
          />
        )}
        <div class="box-body spread">
          <a class="button slim" href={`/api/v1/software/table${withQuery('', asked)}`} download>
            {t('software.get')}
          </a>
          {titles?.next && lines < mostLines && (
            <button
              type="button"
              class="button slim"
              onClick={() => setQuery({ lines: `${Math.min(lines * 3, mostLines)}` })}
            >
              {t('stability.more')}
            </button>
          )}
        </div>
      </Box>
      {Number.isSafeInteger(title) && title > 0 && <Versions key={title} id={title} />}
      {seesBought && (
        <Ready of={products}>{({ items }) => <Licences products={items} open={(id) => setEdited({ id })} />}</Ready>
      )}
      {seesBought && (
        <TableFile
          title={t('software.tables')}
          address="software/products/table"
          columns="name,patterns,class,count,unit,unit_cost,from,to"
          mayRead={mayForAll('manager')}
          onDone={done}
        />
      )}
      {seesBought && (
        <TableFile
          title={t('software.usage')}
          lead={t('software.usageHelp')}
          address="software/usage/table"
          columns="product,unit,last_used"
          mayRead={mayForAll('manager')}
          onDone={done}
        />
      )}
    </>
  );
}
