package policies

// JudgesStandIns implements standin.Judge: each of these classes decides about
// a request by methods of the user that a standin.User has too, and by the
// method of the request. Not among them are classes about credentials, and
// functions of the application.
func (allowAny) JudgesStandIns()                  {}
func (isAuthenticated) JudgesStandIns()           {}
func (isAdminUser) JudgesStandIns()               {}
func (isAuthenticatedOrReadOnly) JudgesStandIns() {}
func (readOnly) JudgesStandIns()                  {}
func (inGroup) JudgesStandIns()                   {}
func (hasPerm) JudgesStandIns()                   {}
func (*modelPermission) JudgesStandIns()          {}
func (*objectPermission) JudgesStandIns()         {}
func (*ownerPermission) JudgesStandIns()          {}
func (*funcObjectPermission[T]) JudgesStandIns()  {}
func (*hasScope) JudgesStandIns()                 {}
func (*composed) JudgesStandIns()                 {}
func (*reworded) JudgesStandIns()                 {}
