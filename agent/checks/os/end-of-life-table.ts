/**
 * End of support by release, for systems that do not state it themselves: vendors' published dates, as known on `asOf`.
 * A release that is missing here is unknown, not supported for ever. A newer table may lie in the agent's folder
 * (end-of-life-file.ts), so that no release of the agent is needed to bring the dates up to date.
 */
export interface Release {
  /** VERSION_ID starts with it, at a point; for Windows the build number. */
  release: string;
  /** Last day of standard support. */
  endOfLife: string;
  /** Last day of security updates that need no contract, when later. */
  endOfSecurity?: string;
  /** Windows: EditionIDs with a date of their own. */
  editions?: readonly string[];
}

export interface Table {
  /** Day on which these dates were known. */
  asOf: string;
  /** By the ID of os-release, or `windows`, `windows-server`, `macos`. */
  releases: Readonly<Record<string, readonly Release[]>>;
  /** IDs of systems without releases, which have no end of life. */
  rolling: readonly string[];
}

const row = (release: string, endOfLife: string, endOfSecurity?: string): Release => ({
  release,
  endOfLife,
  ...(endOfSecurity === undefined ? {} : { endOfSecurity }),
});
const edition = (release: string, editions: readonly string[], endOfLife: string): Release => ({
  release,
  endOfLife,
  editions,
});
const enterprise = ['Enterprise', 'EnterpriseN', 'Education', 'EducationN', 'ServerRdsh', 'IoTEnterprise'];
const iotLongTerm = ['IoTEnterpriseS', 'IoTEnterpriseSK'];
const longTerm = ['EnterpriseS', 'EnterpriseSN', ...iotLongTerm];

const el: Release[] = [row('8', '2029-05-31'), row('9', '2032-05-31'), row('10', '2035-05-31')];

export const releases: Table['releases'] = {
  debian: [
    row('8', '2018-06-17', '2020-06-30'),
    row('9', '2020-07-18', '2022-06-30'),
    row('10', '2022-09-10', '2024-06-30'),
    row('11', '2024-08-14', '2026-08-31'),
    row('12', '2026-07-11', '2028-06-30'),
    row('13', '2028-08-09', '2030-06-30'),
  ],
  ubuntu: [
    row('14.04', '2019-04-25'),
    row('16.04', '2021-04-30'),
    row('18.04', '2023-05-31'),
    row('20.04', '2025-05-29'),
    row('22.04', '2027-06-01'),
    row('22.10', '2023-07-20'),
    row('23.04', '2024-01-25'),
    row('23.10', '2024-07-11'),
    row('24.04', '2029-05-31'),
    row('24.10', '2025-07-10'),
    row('25.04', '2026-01-15'),
    row('25.10', '2026-07-09'),
    row('26.04', '2031-05-29'),
  ],
  linuxmint: [row('19', '2023-04-01'), row('20', '2025-04-30'), row('21', '2027-04-30'), row('22', '2029-04-30')],
  rhel: [row('5', '2017-03-31'), row('6', '2020-11-30'), row('7', '2024-06-30'), ...el],
  rocky: el,
  almalinux: el,
  ol: [
    row('6', '2021-03-31'),
    row('7', '2024-12-31'),
    row('8', '2029-07-31'),
    row('9', '2032-06-30'),
    row('10', '2035-06-30'),
  ],
  /** "8" and "9" are CentOS Stream in os-release too; classic CentOS 8 ended before either. */
  centos: [
    row('6', '2020-11-30'),
    row('7', '2024-06-30'),
    row('8', '2024-05-31'),
    row('9', '2027-05-31'),
    row('10', '2030-05-31'),
  ],
  fedora: [
    row('36', '2023-05-16'),
    row('37', '2023-12-05'),
    row('38', '2024-05-21'),
    row('39', '2024-11-26'),
    row('40', '2025-05-13'),
    row('41', '2025-12-15'),
    row('42', '2026-05-27'),
    row('43', '2026-12-09'),
    row('44', '2027-06-02'),
  ],
  sles: [
    row('12.3', '2019-06-30'),
    row('12.4', '2020-06-30'),
    row('12.5', '2024-10-31'),
    row('15.0', '2019-12-31'),
    row('15.1', '2021-01-31'),
    row('15.2', '2021-12-31'),
    row('15.3', '2022-12-31'),
    row('15.4', '2023-12-31'),
    row('15.5', '2024-12-31'),
    row('15.6', '2025-12-31'),
    row('15.7', '2031-07-31'),
    row('16.0', '2027-11-30'),
  ],
  'opensuse-leap': [
    row('15.2', '2022-01-04'),
    row('15.3', '2022-12-31'),
    row('15.4', '2023-12-07'),
    row('15.5', '2024-12-31'),
    row('15.6', '2026-04-30'),
    row('16.0', '2027-10-31'),
  ],
  alpine: [
    row('3.12', '2022-05-01'),
    row('3.13', '2022-11-01'),
    row('3.14', '2023-05-01'),
    row('3.15', '2023-11-01'),
    row('3.16', '2024-05-23'),
    row('3.17', '2024-11-22'),
    row('3.18', '2025-05-09'),
    row('3.19', '2025-11-01'),
    row('3.20', '2026-04-01'),
    row('3.21', '2026-11-01'),
    row('3.22', '2027-05-01'),
    row('3.23', '2027-11-01'),
    row('3.24', '2028-06-01'),
  ],
  amzn: [row('2018', '2023-12-31'), row('2', '2026-06-30'), row('2023', '2029-06-30')],
  // Apple publishes no dates: these are the last updates that came.
  macos: [row('10', '2022-09-12'), row('11', '2023-09-26'), row('12', '2024-09-16'), row('13', '2025-09-15')],
  windows: [
    row('7601', '2020-01-14'),
    row('9200', '2016-01-12'),
    row('9600', '2023-01-10'),
    edition('10240', longTerm, '2025-10-14'),
    row('10240', '2017-05-09'),
    row('10586', '2017-10-10'),
    edition('14393', longTerm, '2026-10-13'),
    edition('14393', enterprise, '2019-04-09'),
    row('14393', '2018-04-10'),
    edition('15063', enterprise, '2019-10-08'),
    row('15063', '2018-10-09'),
    edition('16299', enterprise, '2020-10-13'),
    row('16299', '2019-04-09'),
    edition('17134', enterprise, '2021-05-11'),
    row('17134', '2019-11-12'),
    edition('17763', longTerm, '2029-01-09'),
    edition('17763', enterprise, '2021-05-11'),
    row('17763', '2020-11-10'),
    row('18362', '2020-12-08'),
    edition('18363', enterprise, '2022-05-10'),
    row('18363', '2021-05-11'),
    row('19041', '2021-12-14'),
    edition('19042', enterprise, '2023-05-09'),
    row('19042', '2022-05-10'),
    row('19043', '2022-12-13'),
    edition('19044', iotLongTerm, '2032-01-13'),
    edition('19044', longTerm, '2027-01-12'),
    edition('19044', enterprise, '2024-06-11'),
    row('19044', '2023-06-13'),
    row('19045', '2025-10-14'),
    edition('22000', enterprise, '2024-10-08'),
    row('22000', '2023-10-10'),
    edition('22621', enterprise, '2025-10-14'),
    row('22621', '2024-10-08'),
    edition('22631', enterprise, '2026-11-10'),
    row('22631', '2025-11-11'),
    edition('26100', iotLongTerm, '2034-10-10'),
    edition('26100', longTerm, '2029-10-09'),
    edition('26100', enterprise, '2027-10-12'),
    row('26100', '2026-10-13'),
    edition('26200', enterprise, '2028-10-10'),
    row('26200', '2027-10-12'),
    edition('28000', enterprise, '2029-03-13'),
    row('28000', '2028-03-14'),
  ],
  'windows-server': [
    row('6003', '2020-01-14'),
    row('7601', '2020-01-14'),
    row('9200', '2023-10-10'),
    row('9600', '2023-10-10'),
    row('14393', '2027-01-12'),
    row('16299', '2019-04-09'),
    row('17134', '2019-11-12'),
    row('17763', '2029-01-09'),
    row('18362', '2020-12-08'),
    row('18363', '2021-05-11'),
    row('19041', '2021-12-14'),
    row('19042', '2022-08-09'),
    row('20348', '2031-10-14'),
    row('25398', '2026-05-12'),
    row('26100', '2034-11-14'),
  ],
};

export const bundled: Table = {
  asOf: '2026-08-22',
  releases,
  rolling: ['arch', 'archarm', 'artix', 'cachyos', 'endeavouros', 'gentoo', 'manjaro', 'opensuse-tumbleweed', 'void'],
};

/** The row of a release; null when the table has none. */
export function releaseOf(
  id: string,
  version: string,
  editionId: string | null = null,
  table: Table = bundled,
): Release | null {
  const rows = Object.hasOwn(table.releases, id) ? table.releases[id] : undefined;
  const found = (rows ?? []).filter(
    (candidate) => version === candidate.release || version.startsWith(`${candidate.release}.`),
  );
  const special = found.find((candidate) => candidate.editions?.includes(editionId ?? ''));
  // Long-term editions share build numbers with short-lived ones: without a row of their own they are unknown.
  if (special || longTerm.includes(editionId ?? '')) return special ?? null;
  return found.find((candidate) => !candidate.editions) ?? null;
}
