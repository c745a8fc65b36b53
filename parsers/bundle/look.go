package bundle

// Packed reports whether head, the first bytes of a file (512 are enough), are
// those of an archive or of packed data.
func Packed(head []byte) bool { return sniff(head) != kindText }

// Top reports whether name is a folder that a collector writes at the top of a
// bundle: "kubelet", "var_log".
func Top(name string) bool { return folders[name] }

// Promised reports whether name is that of an archive: "node.tar.gz". The
// content need not be one.
func Promised(name string) bool { return promised(name, 0) != "" }
