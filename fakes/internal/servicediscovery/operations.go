// SPDX-License-Identifier: Apache-2.0

package servicediscovery

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// operation is what a call has begun and does not wait for.
type operation struct {
	kind             sdtypes.OperationType
	id, request      string
	status           sdtypes.OperationStatus
	code, text       string
	created, updated time.Time
	targets          map[string]string
}

// failure is why an operation failed; the zero value is that it did not.
type failure struct{ code, text string }

// asked is the operation of the same request, if that was made before and has not failed.
// While it is under way it is refused; later, nothing is done twice.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_CreatePrivateDnsNamespace.html
func (r *region) asked(kind sdtypes.OperationType, request *string) (*operation, error) {
	for _, o := range r.operations {
		if request == nil || o.kind != kind || o.request != *request || o.status == sdtypes.OperationStatusFail {
			continue
		}
		if o.status == sdtypes.OperationStatusPending {
			return nil, &sdtypes.DuplicateRequest{Message: aws.String("Another operation with the same request is in progress."), DuplicateOperationId: &o.id}
		}
		return o, nil
	}
	return nil, nil
}

// begin answers with an operation that calls done after d; at once if d is 0.
func (f *Fake) begin(c *sim.Call, kind sdtypes.OperationType, request *string, target sdtypes.OperationTargetType, id string,
	d time.Duration, done func() failure,
) (*string, error) {
	r := f.regions.In(c)
	if same, err := r.asked(kind, request); same != nil || err != nil {
		return idOfOperation(same), err
	}
	o := &operation{
		kind: kind, request: aws.ToString(request), status: sdtypes.OperationStatusPending, created: c.Now(), updated: c.Now(),
		id: c.ID(32, "cloudmap-operation", c.Region, id) + "-" + c.ID(8, "cloudmap-operation", c.Region, id), targets: map[string]string{string(target): id},
	}
	r.operations[o.id] = o
	end := func() {
		o.status, o.updated = sdtypes.OperationStatusSuccess, f.sim.Now()
		if why := done(); why != (failure{}) {
			o.status, o.code, o.text = sdtypes.OperationStatusFail, why.code, why.text
		}
	}
	if d <= 0 {
		end()
	} else {
		c.After(d, end)
	}
	return &o.id, nil
}

func idOfOperation(o *operation) *string {
	if o == nil {
		return nil
	}
	return &o.id
}

func (f *Fake) getOperation(c *sim.Call, in *awssd.GetOperationInput) (*awssd.GetOperationOutput, error) {
	o, ok := f.regions.In(c).operations[aws.ToString(in.OperationId)]
	if !ok {
		return nil, &sdtypes.OperationNotFound{Message: aws.String("Operation not found.")}
	}
	v := &sdtypes.Operation{
		Id: &o.id, Type: o.kind, Status: o.status, CreateDate: new(o.created), UpdateDate: new(o.updated), Targets: o.targets, OwnerAccount: &c.Account,
	}
	if o.code != "" {
		v.ErrorCode, v.ErrorMessage = &o.code, &o.text
	}
	return &awssd.GetOperationOutput{Operation: v}, nil
}
