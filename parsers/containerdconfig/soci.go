package containerdconfig

// SOCI is the configuration of the SOCI snapshotter, which pulls images lazily
// or in parallel.
type SOCI struct {
	Debug           Setting[bool]
	ContentStore    Setting[string] // "soci" or "containerd"
	ImageService    Setting[string] // socket that the CRI keychain asks
	CRIKeychain     Setting[bool]   // credentials come from the CRI
	LazyV1, LazyV2  Setting[bool]   // pull modes that load layers when they are read
	ParallelPull    Setting[bool]
	MaxDownloads    Setting[int64]  // of all images; -1 is no limit
	ImageDownloads  Setting[int64]  // of one image
	MaxUnpacks      Setting[int64]  // of all images; -1 is no limit
	ImageUnpacks    Setting[int64]  // of one image
	ChunkSize       Setting[string] // "16mb"
	DiscardUnpacked Setting[bool]

	Notes []Note
	Cut   bool // there was more in the file than is kept
}

// ParseSOCI reads the configuration of the SOCI snapshotter.
//
//	[pull_modes.parallel_pull_unpack]
//	enable = true
//	max_concurrent_downloads_per_image = 20
func ParseSOCI(file string, text []byte) (*SOCI, error) {
	d := read(text)
	if len(d.values) == 0 {
		return nil, d.nothing(file)
	}
	modes := join("pull_modes")
	parallel := join(modes, "parallel_pull_unpack")
	return &SOCI{
		Debug:           d.flag(join("debug")),
		ContentStore:    d.text(join("content_store", "type")),
		ImageService:    d.text(join("cri_keychain", "image_service_path")),
		CRIKeychain:     d.flag(join("cri_keychain", "enable_keychain")),
		LazyV1:          d.flag(join(modes, "soci_v1", "enable")),
		LazyV2:          d.flag(join(modes, "soci_v2", "enable")),
		ParallelPull:    d.flag(join(parallel, "enable")),
		MaxDownloads:    d.number(join(parallel, "max_concurrent_downloads")),
		ImageDownloads:  d.number(join(parallel, "max_concurrent_downloads_per_image")),
		MaxUnpacks:      d.number(join(parallel, "max_concurrent_unpacks")),
		ImageUnpacks:    d.number(join(parallel, "max_concurrent_unpacks_per_image")),
		ChunkSize:       d.text(join(parallel, "concurrent_download_chunk_size")),
		DiscardUnpacked: d.flag(join(parallel, "discard_unpacked_layers")),
		Notes:           d.notes,
		Cut:             d.cut,
	}, nil
}
