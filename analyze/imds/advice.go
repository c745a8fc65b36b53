package imds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/index"
)

// advise says what to do: first what removes the need for the service.
func (l *look) advise(c *Conclusion) []Action {
	switch c.Class {
	case HopLimit:
		return (&Relief{
			Instance: l.Instance, Region: l.Region, Pods: PodNames(Behind(l.pods)), Roles: len(l.roles()) > 0, Makers: l.limiting(), Limit: Enough(l.Facts),
		}).Advice()
	case Disabled:
		return DisabledAdvice(l.Instance, l.Region)
	case SDKVersion:
		return TokensAdvice(l.Instance, l.Region)
	case Blocked:
		if f := l.rule("state.imds.iptables_block", "169.254.169.254"); f != nil && f.Rank == 3 && !l.drops(f) {
			return []Action{
				{"An agent such as kiam or kube2iam answers in place of the service: read its log for what it said to these pods, and compare their annotation with the roles that it may take", Green},
				{"Move the pods to IRSA or EKS Pod Identity, and take the agent and its rule away when none needs it", Yellow},
			}
		}
		return []Action{
			{"Ask whether the block is a security control before anything is changed; pods with a role of their own (IRSA, EKS Pod Identity) do not need the service", Green},
			{"Let the node itself and pods of the host network (aws-node, kube-proxy) through: move the rule behind an ACCEPT for root, or limit it to pods", Red},
		}
	case NoProfile:
		return ProfileAdvice(l.Instance, l.Region)
	case Proxy:
		return []Action{
			{"Add 169.254.169.254 to NO_PROXY of the program (and fd00:ec2::254, 169.254.170.23, localhost, the VPC and service CIDRs, .internal), and restart it", Yellow},
		}
	case Throttled:
		return []Action{
			{"Find who sends most packets to 169.254.0.0/16: aws-imds-packet-analyzer shows who asks the service; CoreDNS without a cache and pods with ndots 5 ask the resolver", Green},
			{"Ask less: NodeLocal DNSCache, credentials from IRSA or EKS Pod Identity, SDKs that keep their credentials; clients should wait longer after each failure", Yellow},
		}
	}
	return l.latentAdvice(c)
}

// latentAdvice is for nodes without a class: what would decide, and who would
// break.
func (l *look) latentAdvice(c *Conclusion) (out []Action) {
	if c.State == Failing && len(c.Others) == 0 {
		var needs []string
		for _, j := range c.Classes {
			if j.Needs != "" && (j.Says == Possible || j.Says == Unjudged) && !slices.Contains(needs, j.Needs) {
				needs = append(needs, j.Needs)
			}
		}
		if len(needs) > 0 {
			out = append(out, Action{"To tell the cause, add " + strings.Join(needs, "; "), Green})
		}
		if !instanceID.MatchString(l.Instance) {
			return out
		}
		out = append(out, Action{fmt.Sprintf("aws ec2 describe-instances --instance-ids %s > describe-instances.json, and analyze the bundle with it", l.Instance), Green})
	}
	if j := c.Judged(SDKVersion); j != nil && j.Says == Latent {
		out = append(out, Action{"Before HttpTokens becomes required: update " + l.tokenless(), Yellow})
	}
	return out
}

// PodNames are the names of pods, each once.
func PodNames(pods []*Pod) (names []string) {
	for _, p := range pods {
		if p.Pod != "" && !slices.Contains(names, p.Pod) {
			names = append(names, p.Pod)
		}
	}
	return names
}

// limiting names what gives the next instances a limit of 1.
func (l *look) limiting() (out []string) {
	for i := range l.makers {
		if m := &l.makers[i]; m.Settings.HopLimit == 1 {
			out = append(out, m.String())
		}
	}
	return out
}

// A Relief is what advice about a hop limit wants to know.
type Relief struct {
	Instance, Region string   // for the command; "" if not known
	Pods             []string // those that fail
	Roles            bool     // the node has what IRSA or EKS Pod Identity needs
	Makers           []string // what gives the next instances the same limit
	Limit            int      // that pods would need
}

// Enough is the hop limit with which tokens reach the pods of a node.
func Enough(facts []index.Fact) int {
	if Further(facts).Text != "" {
		return 3
	}
	return 2
}

// Advice is what to do about a hop limit that keeps pods from the service: give
// them what they ask for another way. The limit itself is raised only for the
// time being, as the role of the node is then open to every pod.
func (r *Relief) Advice() []Action {
	whom, agent := "the failing pods", ""
	if len(r.Pods) > 0 {
		whom += " (" + strings.Join(r.Pods[:min(len(r.Pods), maxNames)], ", ") + ")"
	}
	if r.Roles {
		agent = "; the node has what one of them needs"
	}
	next := "The next node gets its limit from the launch template or the machine template, not from this instance: look there before you rely on a change here"
	if len(r.Makers) > 0 {
		next = strings.Join(r.Makers, ", ") + " says 1: what is changed on this instance is gone with the next node"
	}
	return []Action{
		{"Give " + whom + " a role of their own through IRSA or EKS Pod Identity" + agent + ", and restart them", Yellow},
		{"Tell them what else they ask the service for: the VPC ID and the region. For the AWS load balancer controller --aws-vpc-id and --aws-region (Helm: vpcId, region), for others AWS_REGION; a role alone does not spare it the question for the VPC", Yellow},
		{"The VPC ID: aws eks describe-cluster --name CLUSTER --query cluster.resourcesVpcConfig.vpcId --output text", Green},
		{"Only as a stop-gap: " + Modify(r.Instance, r.Region, fmt.Sprintf("--http-put-response-hop-limit %d --http-tokens required", r.Limit)) +
			"; every pod of this node can then take the role of the node, so take it back when the pods have theirs", Yellow},
		{next, Green},
	}
}

// DisabledAdvice is what to do about a service that is switched off.
func DisabledAdvice(id, region string) []Action {
	return []Action{
		{"Ask who switched it off, and look in the launch template and in the defaults of the account: a node with the VPC CNI needs the service, also when all its pods have roles of their own", Green},
		{"After the owner of the security policy agreed: " + Modify(id, region, "--http-endpoint enabled --http-tokens required --http-put-response-hop-limit 1") +
			"; a limit of 1 keeps pods away from it", Yellow},
	}
}

// ProfileAdvice is what to do about an instance without a role.
func ProfileAdvice(id, region string) []Action {
	where := ""
	if !instanceID.MatchString(id) {
		id = "INSTANCE-ID"
	}
	if regionName.MatchString(region) {
		where = "--region " + region + " "
	}
	return []Action{
		{fmt.Sprintf("See what is attached: aws ec2 describe-iam-instance-profile-associations %s--filters Name=instance-id,Values=%s; then aws iam get-instance-profile: a profile can be there without a role in it", where, id), Green},
		{fmt.Sprintf("Attach the profile of the node role: aws ec2 associate-iam-instance-profile %s--instance-id %s --iam-instance-profile Name=PROFILE, and put it into the launch template", where, id), Yellow},
	}
}

// TokensAdvice is what to do about programs that know no tokens.
func TokensAdvice(id, region string) []Action {
	return []Action{
		{"Update the SDK or the agent that calls without a token, or give it its role through IRSA or EKS Pod Identity and its region by AWS_REGION", Yellow},
		{"Find all of them: aws-imds-packet-analyzer on the node names process and container, the metric MetadataNoToken counts their calls", Green},
		{"Only if the security policy allows it, until they are updated: " + Modify(id, region, "--http-tokens optional"), Red},
	}
}
