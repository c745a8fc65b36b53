package node

import "slices"

// attributes are all that is asked of a bundle, in the order of the card. Each
// group has a file of its own.
var attributes = slices.Concat(instanceAttributes, clusterAttributes, softwareAttributes, kubeletAttributes, networkAttributes, timeAttributes, cniSettings)
